// Rotating a secret that signs: asked first, then the new one is shown once.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSubmit } from '../state/load.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { FormTrouble } from './Field.tsx';

/** What the dialog of a page that shows a secret once is given. */
export interface SecretShown {
  title: string;
  /** Undefined once it is forgotten. */
  secret: string | undefined;
  text?: string;
  onForget: () => void;
  onClose: () => void;
}

interface Props {
  /** Makes the new secret, and tells it. */
  rotate: () => Promise<string>;
  /** What has to be changed within a day. */
  until: string;
  /** Who goes on meanwhile. */
  text: string;
  shown: (props: SecretShown) => JSX.Element;
  onRotated: () => void;
  onClose: () => void;
}

export function RotateSecret({ rotate, until, text, shown: Shown, onRotated, onClose }: Props) {
  const [secret, setSecret] = useState<string>();
  const [rotated, setRotated] = useState(false);
  const sending = useSubmit(async () => {
    setSecret(await rotate());
    setRotated(true);
    onRotated();
  });
  if (rotated) return <Shown title="The new secret" text={`The one before signs as well for 24 hours, so ${text}`} secret={secret} onForget={() => setSecret(undefined)} onClose={onClose} />;
  return (
    <Dialog
      title="Rotate the secret?"
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>Make a new secret</Button></>}
    >
      <p>The new secret signs at once. The one before goes on for 24 hours beside it: time to change {until}.</p>
      <FormTrouble problem={sending.problem} />
    </Dialog>
  );
}
