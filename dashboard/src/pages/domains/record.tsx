// What has to stand in the DNS for a domain to be proven, and what was seen there.
import { Button } from '../../ui/Button.tsx';
import { Id } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Facts, Note } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Time } from '../../ui/Time.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import type { Problem } from '../../api/problem.ts';
import { seen, STATUS_TEXTS, STATUS_TONES, type Domain } from './words.ts';

interface Props {
  domain: Domain;
  /** Looks for the record now; left out for whoever may not. */
  onVerify: (() => void) | undefined;
  busy: boolean;
  problem: Problem | undefined;
  /** Whether somebody has looked while this was open, so that the result is what matters. */
  looked: boolean;
  onClose: () => void;
}

export function RecordDialog({ domain, onVerify, busy, problem, looked, onClose }: Props) {
  const { record, status, lastCheckedAt, nextCheckAt, verifiedAt, lostAt } = domain;
  return (
    <Dialog
      wide
      title={domain.domain}
      onClose={onClose}
      actions={status !== 'verified' && onVerify
        ? <><Button onClick={onClose}>Done</Button><Button look="primary" busy={busy} onClick={onVerify}>Verify now</Button></>
        : <>{onVerify && <Button busy={busy} onClick={onVerify}>Verify now</Button>}<Button look="primary" onClick={onClose}>Done</Button></>}
    >
      <p class="pills"><Pill tone={STATUS_TONES[status]}>{status}</Pill></p>
      <p>{STATUS_TEXTS[status]}</p>
      <h3 class="field-title">The record to publish</h3>
      <Facts
        facts={[
          ['Type', <code key="type">{record.type}</code>],
          ['Name', <Id key="name" id={record.name} />],
          ['Value', <Id key="value" id={record.value} />],
        ]}
      />
      <p class="hint">It may stand beside other records. If your provider adds the domain to every name by itself, leave it away at the end. A new record can take minutes until it is seen everywhere.</p>
      <div role="status">
        {looked && !problem && !busy && status === 'verified' && <Note tone="good">The record was found: {domain.domain} is verified.</Note>}
        {looked && !problem && !busy && status !== 'verified' && <Note tone="warn">{seen(domain)} Look again in a few minutes.</Note>}
      </div>
      {problem && <Trouble problem={problem} />}
      <h3 class="field-title">What was seen</h3>
      <Facts
        facts={[
          ['Last looked for', <><Time at={lastCheckedAt} />{lastCheckedAt && <> · {seen(domain)}</>}</>],
          ...(nextCheckAt ? [['Looked for again', <Time key="next" at={nextCheckAt} />] as const] : []),
          ...(verifiedAt ? [['Verified', <Time key="verified" at={verifiedAt} />] as const] : []),
          ...(lostAt ? [['Lost', <Time key="lost" at={lostAt} />] as const] : []),
        ]}
      />
    </Dialog>
  );
}
