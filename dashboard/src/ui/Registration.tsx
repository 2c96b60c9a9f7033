// The form with which people register: freely, with an invitation, or with the token of a new deployment.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { home } from '../home.ts';
import { loadAccount } from '../state/account.ts';
import { useForget } from '../state/leave.ts';
import { useSubmit } from '../state/load.ts';
import { go } from '../state/router.ts';
import { Button } from './Button.tsx';
import { Entrance } from './Entrance.tsx';
import { FormTrouble, PasswordField, TextField } from './Field.tsx';
import { RevealKey } from './Reveal.tsx';

const FIELDS = ['email', 'password', 'firstName', 'lastName', 'organizationName', 'setupToken'] as const;

interface Props {
  title: string;
  text?: ComponentChildren;
  below?: ComponentChildren;
  /** The token of an invitation, kept in memory only. */
  invitation?: string;
  /** Asks for the one-time token of a new deployment. */
  withSetup?: boolean;
}

export function Registration({ title, text, below, invitation, withSetup }: Props) {
  const [fields, setFields] = useState<Record<(typeof FIELDS)[number], string>>({ email: '', password: '', firstName: '', lastName: '', organizationName: '', setupToken: '' });
  const [issued, setIssued] = useState<{ id: string; key: string } | null>(null);
  useForget(() => setIssued(null));
  const bound = (name: (typeof FIELDS)[number]) => ({ name, value: fields[name], onValue: (value: string) => setFields((before) => ({ ...before, [name]: value })), error: sending.at(name) });
  const sending = useSubmit(async () => {
    const { organizationName, setupToken, ...person } = fields;
    const { organization, organizations, apiKey } = await ask(api.POST('/auth/register', {
      body: {
        ...person,
        cookie: true,
        ...(organizationName ? { organizationName } : {}),
        ...(withSetup ? { setupToken: setupToken.trim() } : {}),
        ...(invitation ? { invitation } : {}),
      },
    }));
    if (organization && apiKey) return setIssued({ id: organization.id, key: apiKey.key });
    await loadAccount();
    go(organizations[0] ? home(organizations[0].id) : '/', { replace: true });
  });
  if (issued) {
    const leave = async () => {
      const { id } = issued;
      setIssued(null);
      await loadAccount();
      go(home(id), { replace: true });
    };
    return (
      <Entrance title="Your first key" text={<>It is in the default session and has full access. <strong>It is shown this once.</strong></>}>
        <div class="stack">
          <RevealKey value={issued.key} />
          <Button look="primary" class="full" onClick={() => void leave()}>Go on to the dashboard</Button>
        </div>
      </Entrance>
    );
  }
  return (
    <Entrance title={title} text={text} below={below}>
      <form noValidate onSubmit={sending.submit} class="stack">
        {withSetup && <TextField label="Set-up token" mono {...bound('setupToken')} required autofocus hint="Shown once when the deployment was made, by npm run deploy." />}
        <div class="two">
          <TextField label="First name" autocomplete="given-name" {...bound('firstName')} required maxLength={100} autofocus={!withSetup} />
          <TextField label="Last name" autocomplete="family-name" {...bound('lastName')} required maxLength={100} />
        </div>
        <TextField label="E-mail" type="email" autocomplete="username" {...bound('email')} required />
        <PasswordField label="Password" autocomplete="new-password" {...bound('password')} required hint="At least 8 characters. A few words are better than a clever one." />
        {!invitation && <TextField label="Organization" autocomplete="organization" {...bound('organizationName')} optional maxLength={100} placeholder="Acme" />}
        <FormTrouble problem={sending.problem} fields={FIELDS} />
        <Button type="submit" look="primary" class="full" busy={sending.busy}>Create account</Button>
      </form>
    </Entrance>
  );
}
