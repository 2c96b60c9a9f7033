// A secret that is shown once: hidden until asked for, ready to be copied in the forms in which it is needed. It is in the
// state of whoever shows it and nowhere else.
import { useState } from 'preact/hooks';
import { Copy } from './Copy.tsx';
import { IconButton } from './Button.tsx';
import { Tabs } from './Tabs.tsx';

/** One value, with show/hide and copy. */
export function Secret({ value, label, onCopied, autofocus }: { value: string; label: string; onCopied?: () => void; autofocus?: boolean }) {
  const [shown, setShown] = useState(false);
  const hidden = value.slice(0, value.lastIndexOf('_') + 1) + '•'.repeat(24);
  return (
    <div class="secret">
      <code class="secret-value" aria-label={label}>{shown ? value : hidden}</code>
      <IconButton icon={shown ? 'hidden' : 'eye'} label={shown ? 'Hide it' : 'Show it'} aria-pressed={shown} onClick={() => setShown(!shown)} />
      <Copy text={value} label="Copy" wide look="primary" autofocus={autofocus} onCopied={onCopied} />
    </div>
  );
}

const FORMS = [
  { name: 'env', label: '.env' },
  { name: 'curl', label: 'curl' },
  { name: 'typescript', label: 'TypeScript' },
  { name: 'python', label: 'Python' },
] as const;
type Form = (typeof FORMS)[number]['name'];

/** How a key is used, in four ways. */
export function snippet(form: Form, key: string, origin = location.origin): string {
  switch (form) {
    case 'env':
      return `LATCHKEY_URL=${origin}\nLATCHKEY_KEY=${key}`;
    case 'curl':
      return `curl ${origin}/v1/whoami \\\n  -H "Authorization: Bearer ${key}"`;
    case 'typescript':
      return `const answer = await fetch('${origin}/v1/whoami', {\n  headers: { authorization: \`Bearer \${process.env.LATCHKEY_KEY}\` },\n});\nconst { valid, code } = await answer.json();`;
    case 'python':
      return `import os, requests\n\nanswer = requests.get(\n    "${origin}/v1/whoami",\n    headers={"Authorization": f"Bearer {os.environ['LATCHKEY_KEY']}"},\n)\nanswer.raise_for_status()`;
  }
}

/** A key that was issued a moment ago. */
export function RevealKey({ value, onCopied }: { value: string; onCopied?: () => void }) {
  const [form, setForm] = useState<Form>('env');
  const masked = value.slice(0, value.lastIndexOf('_') + 1) + '•'.repeat(12);
  return (
    <div class="reveal">
      <Secret value={value} label="The secret key" autofocus onCopied={onCopied} />
      <Tabs label="Ways to use it" tabs={FORMS} value={form} onValue={setForm}>
        <div class="code">
          <pre tabIndex={0} aria-label="Example"><code>{snippet(form, masked)}</code></pre>
          <Copy text={snippet(form, value)} label="Copy with the key" onCopied={form === 'env' || form === 'curl' ? onCopied : undefined} />
        </div>
      </Tabs>
    </div>
  );
}
