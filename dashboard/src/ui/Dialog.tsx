// A modal dialog: the browser's own, so that focus, Escape and what lies behind behave. It is open while it is mounted.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useSubmit } from '../state/load.ts';
import { Button, IconButton } from './Button.tsx';
import { FormTrouble, TextField } from './Field.tsx';

interface Props {
  title: string;
  /** Asked when the dialog is to go: by Escape, the cross or Cancel. Whoever wants to keep it open leaves it mounted. */
  onClose: () => void;
  /** Below the content, to the right. */
  actions?: ComponentChildren;
  /** Makes the whole content a form. */
  onSubmit?: (event: Event) => void;
  wide?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, actions, onSubmit, wide, children }: Props) {
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  const [forced, setForced] = useState(0);
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, [forced]);
  useEffect(() => () => element.current?.close(), []);
  const content = (
    <>
      <div class="dialog-body">{children}</div>
      {actions && <div class="dialog-actions">{actions}</div>}
    </>
  );
  return (
    <dialog
      ref={element}
      class={`dialog ${wide ? 'wide' : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        // Of a file chooser or the like inside it bubbles too.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onClose={() => {
        // Browsers let a second Escape close it whatever we say: whoever keeps it mounted has it back.
        onClose();
        setForced((before) => before + 1);
      }}
    >
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      {onSubmit ? <form noValidate onSubmit={onSubmit}>{content}</form> : content}
    </dialog>
  );
}

/** "Are you sure?", for what cannot be taken back with a word to type in. */
export function Confirm({ title, children, action, word, danger = true, onConfirm, onClose }: {
  title: string;
  children: ComponentChildren;
  /** What the button says: "Revoke key". */
  action: string;
  /** To be typed before the button works. */
  word?: string;
  danger?: boolean;
  /** Does it; the dialog closes when that has worked, and shows what went wrong if not. */
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState('');
  const sending = useSubmit(async () => {
    await onConfirm();
    onClose();
  });
  const ready = word === undefined || typed === word;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={(event) => (ready ? sending.submit(event) : event.preventDefault())}
      actions={(
        <>
          <Button look="quiet" onClick={onClose}>Cancel</Button>
          <Button look={danger ? 'danger' : 'primary'} type="submit" disabled={!ready} busy={sending.busy}>{action}</Button>
        </>
      )}
    >
      <div class="prose">{children}</div>
      {word !== undefined && <TextField label={`Type ${word} to go on`} value={typed} onValue={setTyped} mono autofocus />}
      <FormTrouble problem={sending.problem} />
    </Dialog>
  );
}
