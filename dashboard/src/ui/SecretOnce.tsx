// A secret that signs, in the one dialog that shows it. It asks before it goes without having been copied.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useForget } from '../state/leave.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { Note } from './Page.tsx';
import { Secret } from './Reveal.tsx';

interface Props {
  title: string;
  /** Undefined once it is forgotten. */
  secret: string | undefined;
  /** What is signed with it. */
  signs: string;
  /** Before that, if there is more to say. */
  text?: string | undefined;
  /** What cannot be done without it. */
  lost: string;
  /** Where the example needs the room. */
  wide?: boolean;
  onForget: () => void;
  onClose: () => void;
  /** How it is used. */
  children: ComponentChildren;
}

export function SecretOnce({ title, secret, signs, text, lost, wide, onForget, onClose, children }: Props) {
  const [copied, setCopied] = useState(false);
  const [sure, setSure] = useState(false);
  useForget(onForget);
  const leave = () => (copied || sure || !secret ? onClose() : setSure(true));
  return (
    <Dialog wide={wide} title={title} onClose={leave} actions={<Button look={sure && !copied ? 'danger' : 'primary'} onClick={leave}>{sure && !copied ? 'Close without it' : 'Done'}</Button>}>
      {text && <p>{text}</p>}
      <p>{signs} are signed with this secret. <strong>It is shown this once.</strong></p>
      {secret && <Secret value={secret} label="The signing secret" autofocus onCopied={() => setCopied(true)} />}
      {sure && !copied && <Note tone="warn">You have not copied it. {lost} A new one can be made at any time.</Note>}
      <div class="explained">{children}</div>
    </Dialog>
  );
}
