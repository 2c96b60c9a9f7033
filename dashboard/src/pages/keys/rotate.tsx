// Replacing a key: how long the old one goes on is chosen by who uses it.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { ago, moment } from '../../state/clock.ts';
import { here } from '../../state/organization.ts';
import { Select, TextField } from '../../ui/Field.tsx';
import { Note } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Clients, Last, useEvidence } from './evidence.tsx';
import { IssueDialog, type Issued } from './issue.tsx';
import { hrefOf, type Key } from './words.tsx';
import { Problem } from '../../api/problem.ts';

const OVERLAPS = [
  { value: '0', label: 'None: the old key ends at once' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
  { value: '2592000', label: '30 days' },
  { value: 'custom', label: 'So many hours' },
] as const;
type Overlap = (typeof OVERLAPS)[number]['value'];

export function RotateDialog({ apiKey, onClose, onIssued }: { apiKey: Key; onClose: () => void; onIssued: (key: Issued) => void }) {
  const [overlap, setOverlap] = useState<Overlap>('86400');
  const [hours, setHours] = useState('12');
  const [expiry, setExpiry] = useState<'same' | '30' | '90' | '365'>('same');
  const evidence = useEvidence(apiKey.id);
  const seconds = overlap === 'custom' ? Math.round(Number(hours || NaN) * 3600) : Number(overlap);
  return (
    <IssueDialog
      title={`Rotate ${apiKey.name}`}
      action="Rotate key"
      revealed="The new secret"
      fields={['overlapSeconds', 'expiresAt']}
      onClose={onClose}
      onIssued={onIssued}
      send={async (once) => {
        if (!Number.isFinite(seconds)) throw new Problem(400, 'invalid_request', 'Some fields need another look.', { errors: [{ pointer: '/overlapSeconds', code: 'invalid', message: 'is a number of hours' }] });
        const body = { overlapSeconds: seconds, ...(expiry === 'same' ? {} : { expiresAt: new Date(Date.now() + Number(expiry) * 86_400_000).toISOString() }) };
        return await ask(api.POST('/organizations/{organizationId}/api_keys/{id}/rotate', { params: { path: { ...here(), id: apiKey.id }, header: { 'Idempotency-Key': once({ overlap, hours, expiry }) } }, body }));
      }}
      after={() => (
        <Note>
          {seconds > 0
            ? <p>The old key goes on until {moment(Date.now() + seconds * 1000)}. <a href={hrefOf(apiKey.id)} target="_blank" rel="noreferrer">See who still uses it</a> before it ends, or before you revoke it.</p>
            : <p>The old key has ended.</p>}
        </Note>
      )}
    >
      {(sending) => (
        <>
          <p>You get a new secret with the same settings. Put it in the place of the old one while both are good.</p>
          <div class="two">
            <Select label="The old key goes on for" value={overlap} onValue={setOverlap} choices={OVERLAPS} error={overlap === 'custom' ? undefined : sending.at('overlapSeconds')} hint={overlap === '0' ? 'Whoever still uses it is refused at once.' : Number.isFinite(seconds) ? `It ends ${ago(Date.now() + seconds * 1000)}.` : undefined} />
            {overlap === 'custom' && <TextField label="Hours" inputMode="decimal" value={hours} onValue={setHours} error={sending.at('overlapSeconds')} hint="720 at most." />}
            <Select label="The new key expires" value={expiry} onValue={setExpiry} error={sending.at('expiresAt')} choices={[{ value: 'same', label: apiKey.expiresAt ? 'Like the old one' : 'Never, like the old one' }, { value: '30', label: 'In 30 days' }, { value: '90', label: 'In 90 days' }, { value: '365', label: 'In a year' }]} />
          </div>
          <section class="stack" aria-label="Who uses it now">
            <h3>Who uses it now</h3>
            {!evidence.data && !evidence.problem && <Skeleton lines={2} />}
            {evidence.problem && <p class="soft">That could not be read: {evidence.problem.message}</p>}
            {evidence.data && <p>Last used: <Last last={evidence.data.lastUsed} never="never" /></p>}
            {evidence.data && <Clients evidence={evidence.data} />}
          </section>
        </>
      )}
    </IssueDialog>
  );
}
