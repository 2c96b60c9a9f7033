// The own account: name, password, second factor, where one is signed in, and what has happened to it.
import { account } from '../state/account.ts';
import { PageHead } from '../ui/Page.tsx';
import { AccountLog } from './account/log.tsx';
import { Password } from './account/password.tsx';
import { Profile } from './account/profile.tsx';
import { SecondFactor } from './account/second-factor.tsx';
import { SignIns } from './account/sign-ins.tsx';

export default function Account() {
  const who = account.value;
  if (!who) return null;
  return (
    <>
      <PageHead title="Your account" text={<>You sign in as <strong>{who.email}</strong>.</>} />
      <div class="columns">
        <Profile who={who} />
        <Password />
      </div>
      <SecondFactor enabled={who.totpEnabled} />
      <SignIns />
      <AccountLog />
    </>
  );
}
