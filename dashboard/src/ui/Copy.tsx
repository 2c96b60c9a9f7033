// Copying to the clipboard, and saying so.
import { useEffect, useRef, useState } from 'preact/hooks';
import { failed, say } from '../state/toasts.ts';
import { Button, IconButton } from './Button.tsx';

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}

interface Props {
  text: string;
  /** What the button says to screen readers, and as its tip. */
  label?: string;
  /** With a word beside the icon. */
  wide?: boolean;
  look?: 'primary' | 'plain';
  autofocus?: boolean;
  onCopied?: (() => void) | undefined;
}

export function Copy({ text, label = 'Copy', wide = false, look = 'plain', autofocus = false, onCopied }: Props) {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (autofocus) place.current?.querySelector('button')?.focus();
    return () => clearTimeout(timer.current);
  }, []);
  const act = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    copy(text).then(() => {
      setCopied(true);
      say('Copied to the clipboard.');
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setCopied(false), 4000);
      onCopied?.();
    }, () => failed(new Error('The browser did not let us copy. Select the text and copy it by hand.')));
  };
  return (
    <span class="copy" ref={place}>
      {wide
        ? <Button look={look} icon={copied ? 'check' : 'copy'} onClick={act}>{copied ? 'Copied' : label}</Button>
        : <IconButton icon={copied ? 'check' : 'copy'} label={label} size={16} onClick={act} />}
    </span>
  );
}

/** An id or a snippet in a line, with a button to copy it. */
export function Id({ id, short }: { id: string; short?: string }) {
  return (
    <span class="id">
      <code title={id}>{short ?? id}</code>
      <Copy text={id} label={`Copy ${short ?? id}`} />
    </span>
  );
}

/** Several lines to copy: a command, a file. */
export function Code({ text, label = 'Copy' }: { text: string; label?: string }) {
  return (
    <div class="code">
      <pre tabIndex={0} aria-label="Example"><code>{text}</code></pre>
      <Copy text={text} label={label} />
    </div>
  );
}
