// Pages that do not exist, and those that a role does not open.
import { role } from '../state/organization.ts';
import { LinkButton } from './Button.tsx';
import { Empty } from './Empty.tsx';
import { PageHead } from './Page.tsx';

export function Missing({ what = 'page' }: { what?: 'page' | 'organization' }) {
  return (
    <>
      <PageHead title={what === 'page' ? 'Page not found' : 'Organization not found'} />
      <Empty icon="search" title={what === 'page' ? 'There is no page at this address' : 'There is no such organization, or you do not belong to it'} action={<LinkButton look="primary" href="/">Go to the start</LinkButton>}>
        <p>Check the address, or ask whoever sent you the link.</p>
      </Empty>
    </>
  );
}

export function NotAllowed() {
  return (
    <>
      <PageHead title="Not for your role" />
      <Empty icon="shield" title={`As a ${role.value} you cannot see this`} action={<LinkButton href="/">Go to the start</LinkButton>}>
        <p>An admin or owner of the organization can give you another role.</p>
      </Empty>
    </>
  );
}
