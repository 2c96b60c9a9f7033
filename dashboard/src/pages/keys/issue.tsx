// A dialog whose answer is a secret: a form, then the key, this once. It is in the state of this component and nowhere
// else, and who closes it without having copied it is asked.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { onceOnly, type Schema } from '../../api/client.ts';
import { useForget } from '../../state/leave.ts';
import { useSubmit, type Submission } from '../../state/load.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FormTrouble } from '../../ui/Field.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Note } from '../../ui/Page.tsx';
import { RevealKey } from '../../ui/Reveal.tsx';

export type Issued = Schema<'IssuedKey'> | Schema<'RotatedKey'>;

interface Props {
  title: string;
  action: string;
  /** When there is a key. */
  revealed: string;
  /** The same `once` for the same `body`: sent twice, it issues one key. */
  send: (once: (body: unknown) => string) => Promise<Issued>;
  onIssued: (key: Issued) => void;
  onClose: () => void;
  children: (sending: Submission) => ComponentChildren;
  /** Below the key. */
  after?: (key: Issued) => ComponentChildren;
  fields: readonly string[];
}

export function IssueDialog({ title, action, revealed, send, onIssued, onClose, children, after, fields }: Props) {
  const [issued, setIssued] = useState<Issued>();
  const [copied, setCopied] = useState(false);
  const [asking, setAsking] = useState(false);
  const sent = useRef({ body: '', once: '' });
  useForget(() => setIssued(undefined));
  const once = (body: unknown) => {
    const text = JSON.stringify(body);
    if (text !== sent.current.body) sent.current = { body: text, once: onceOnly() };
    return sent.current.once;
  };
  const sending = useSubmit(async () => {
    const key = await send(once);
    setIssued(key);
    onIssued(key);
  });
  const lost = issued !== undefined && !copied;
  useEffect(() => {
    if (!lost) return;
    const ask = (event: Event) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [lost]);
  const leave = () => (lost ? setAsking(true) : onClose());
  const taken = () => {
    setCopied(true);
    setAsking(false);
  };
  const actions = issued
    ? asking
      ? <><Button look="danger" onClick={onClose}>Close without copying</Button><Button look="primary" onClick={() => setAsking(false)}>Keep it open</Button></>
      : <Button look={copied ? 'primary' : 'plain'} onClick={leave}>Done</Button>
    : <><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>{action}</Button></>;
  return (
    <Dialog title={issued ? revealed : title} wide onClose={leave} actions={actions} onSubmit={issued ? (event) => event.preventDefault() : sending.submit}>
      {issued
        ? (
          <div class="stack" onCopy={() => document.getSelection()?.toString().includes(issued.key) && taken()}>
            <p><strong>{issued.name}</strong> is ready. Copy its secret now: <strong>it is shown this once</strong>, and nobody can look it up later.</p>
            <RevealKey value={issued.key} onCopied={taken} />
            {after?.(issued)}
            {asking && (
              <div role="alert"><Note tone="warn"><span class="row"><Icon name="warn" /> <span class="grow">You have not copied the secret. Once this is closed it cannot be shown again.</span></span></Note></div>
            )}
          </div>
        )
        : (
          <>
            {children(sending)}
            <FormTrouble problem={sending.problem} fields={fields} />
          </>
        )}
    </Dialog>
  );
}
