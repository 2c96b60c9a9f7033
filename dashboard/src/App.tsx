// Which page is shown: by the path, and by whether somebody is signed in.
import { useEffect, useState } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { account, accountProblem, loadAccount, memberships, toSignIn } from './state/account.ts';
import { may, membership } from './state/organization.ts';
import { go, navigations, path } from './state/router.ts';
import { match, type PageProps, type Route } from './routes.ts';
import { Shell } from './Shell.tsx';
import { Entrance } from './ui/Entrance.tsx';
import { Founding } from './ui/Founding.tsx';
import { Missing, NotAllowed } from './ui/Missing.tsx';
import { Skeleton } from './ui/Skeleton.tsx';
import { Toasts } from './ui/Toasts.tsx';
import { Trouble } from './ui/Trouble.tsx';
import { home } from './home.ts';
import { Problem } from './api/problem.ts';

export function App() {
  return (
    <>
      <a class="skip" href="#content">Skip to the content</a>
      <Place />
      <Toasts />
    </>
  );
}

function Place() {
  const found = match(path.value);
  const who = account.value;
  const closed = found?.route.kind !== 'open' && !(found === null && who === null && path.value !== '/');
  useEffect(() => {
    if (closed && who === null) toSignIn();
    else if (path.value === '/' && who && memberships.value.length > 0) go(home(memberships.value[0]!.id), { replace: true });
  }, [closed, who, path.value]);
  if (found?.route.kind === 'open') return <Loaded route={found.route} id={found.id} />;
  if (accountProblem.value) return <main id="content" class="alone"><Trouble problem={accountProblem.value} again={() => void loadAccount()} /></main>;
  if (who === null) return found || path.value === '/' ? null : <main id="content" class="alone"><Missing /></main>;
  if (who && memberships.value.length === 0 && path.value === '/') return <Shell><Founding /></Shell>;
  return (
    <Shell>
      {!who || path.value === '/' ? <Skeleton lines={6} /> : <Inner found={found} />}
    </Shell>
  );
}

function Inner({ found }: { found: ReturnType<typeof match> }) {
  if (!found) return <Missing />;
  const { route, id } = found;
  if (route.kind === 'organization' && !membership.value) return <Missing what="organization" />;
  if (route.needs && !may(route.needs)) return <NotAllowed />;
  // Another organization, or another thing of the same kind, begins anew.
  return <Loaded key={route.path + path.value} route={route} id={id} />;
}

type Page = ComponentType<PageProps>;
const modules = new Map<Route['load'], Page>();

/** Loads the module of a page; a second time it is there at once. */
export async function ready(route: Route): Promise<Page> {
  const known = modules.get(route.load);
  if (known) return known;
  const { default: page } = await route.load();
  modules.set(route.load, page);
  return page;
}

function Loaded({ route, id }: { route: Route; id: string }) {
  const [, setRound] = useState(0);
  const [problem, setProblem] = useState<Problem>();
  const Page = modules.get(route.load);
  useEffect(() => {
    if (Page) return;
    let gone = false;
    // It may have arrived since this was rendered: then this only renders it anew.
    ready(route).then(
      () => gone || setRound((before) => before + 1),
      () => gone || setProblem(new Problem(0, 'outdated', 'This page could not be loaded. There may be a newer version of the dashboard.')),
    );
    return () => void (gone = true);
  }, [route, Page]);
  // The heading of the page that somebody went to is what a screen reader reads next.
  const arrived = navigations.value;
  useEffect(() => {
    if (Page && arrived > 0 && !document.activeElement?.closest('#content, dialog')) document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [Page, arrived]);
  const frame = route.kind === 'open' && !Page ? <Entrance><Skeleton lines={6} /></Entrance> : <Skeleton lines={6} />;
  const page = problem ? <Trouble problem={problem} again={() => location.reload()} /> : Page ? <Page id={id} /> : frame;
  return route.kind === 'open' ? <main id="content" tabIndex={-1}>{page}</main> : page;
}
