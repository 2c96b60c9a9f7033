// The reference of the API, for anybody: from the deployment's own openapi.json, so that it cannot differ from what is
// running. A key to try operations with is in the state of this component; nothing else of the dashboard sees it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageProps } from '../routes.ts';
import { account } from '../state/account.ts';
import { useForget } from '../state/leave.ts';
import { useLoad } from '../state/load.ts';
import { setTheme, theme, type Theme } from '../state/theme.ts';
import { Problem } from '../api/problem.ts';
import { IconButton, LinkButton } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Icon, Mark } from '../ui/Icon.tsx';
import { Menu } from '../ui/Menu.tsx';
import { PageHead } from '../ui/Page.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { readDescription, type Description, type Reference } from './docs/description.ts';
import { Errors, Introduction } from './docs/Introduction.tsx';
import { Navigation } from './docs/Navigation.tsx';
import { OperationPage, type Side } from './docs/OperationPage.tsx';
import '../styles/docs.css';
import '../styles/docs-operation.css';

let known: Promise<Reference> | undefined;

/** Read once: what it describes is running, and does not change under us. */
function read(): Promise<Reference> {
  known ??= fetch('/openapi.json', { credentials: 'omit' }).then(async (response) => {
    const body: unknown = await response.json();
    if (!response.ok) throw Problem.of(response, body);
    return readDescription(body as Description);
  });
  known.catch(() => (known = undefined));
  return known;
}

export default function Docs({ id }: PageProps) {
  const { data: reference, problem, reload } = useLoad(read, []);
  const [open, setOpen] = useState(false);
  const [side, setSide] = useState<Side>('curl');
  const [secret, setSecret] = useState('');
  useForget(() => setSecret(''));
  // Whoever has chosen an operation reads on at its heading.
  const shown = useRef(id);
  useEffect(() => {
    if (!reference || shown.current === id) return;
    shown.current = id;
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [reference, id]);
  return (
    <div class="docs">
      <a class="skip" href="#reference">Skip the navigation</a>
      <div class="docs-bar">
        <IconButton class="docs-menu" icon={open ? 'close' : 'menu'} label={open ? 'Close the operations' : 'Open the operations'} aria-expanded={open} aria-controls="docs-nav" onClick={() => setOpen(!open)} />
        <a class="docs-brand" href="/docs"><Mark size={24} /> <span>Latchkey <span class="soft">API</span></span></a>
        <ThemeMenu />
        {account.value !== undefined && (account.value ? <LinkButton small href="/">Dashboard</LinkButton> : <LinkButton small href="/sign-in">Sign in</LinkButton>)}
      </div>
      <div class="docs-frame">
        {reference ? <Navigation reference={reference} id={id} open={open} onChosen={() => setOpen(false)} /> : <div class="docs-nav"><Skeleton lines={8} label="Reading the description of the API" /></div>}
        <article id="reference" class="docs-content" tabIndex={-1}>
          {problem && !reference ? <Trouble problem={problem} again={reload} /> : !reference ? <Skeleton lines={10} /> : <Shown id={id} {...{ reference, side, setSide, secret, setSecret }} />}
        </article>
      </div>
    </div>
  );
}

interface ShownProps {
  id: string;
  reference: Reference;
  side: Side;
  setSide: (side: Side) => void;
  secret: string;
  setSecret: (secret: string) => void;
}

function Shown({ id, reference, side, setSide, secret, setSecret }: ShownProps) {
  if (id === '') return <Introduction reference={reference} />;
  if (id === 'errors') return <Errors reference={reference} />;
  const operation = reference.operations.get(id);
  if (operation) return <OperationPage key={id} {...{ operation, reference, side, secret }} onSide={setSide} onSecret={setSecret} />;
  return (
    <>
      <PageHead title="No such operation" />
      <Empty icon="docs" title="This deployment has no operation of that name" action={<LinkButton look="primary" href="/docs">To the introduction</LinkButton>}>
        <p>Names are those of <code>operationId</code> in openapi.json. It may be called otherwise in another version.</p>
      </Empty>
    </>
  );
}

const THEMES: readonly { value: Theme; label: string; icon: 'screen' | 'sun' | 'moon' }[] = [
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
  { value: 'system', label: 'As the system', icon: 'screen' },
];

function ThemeMenu() {
  const now = THEMES.find(({ value }) => value === theme.value) ?? THEMES[2]!;
  return <Menu end class="docs-theme" label={`Theme: ${now.label}`} button={<Icon name={now.icon} />} items={THEMES.map(({ value, label, icon }) => ({ label, icon, current: value === theme.value, act: () => setTheme(value) }))} />;
}
