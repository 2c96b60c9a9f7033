// The frame around the pages of whoever is signed in: sidebar with the organizations and places, and the own account.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ready } from './App.tsx';
import { home } from './home.ts';
import { routes, type Route } from './routes.ts';
import { account, memberships, signOut } from './state/account.ts';
import { useAlertBadge } from './state/alerts.ts';
import { badges } from './state/badges.ts';
import { framed, may, membership, role } from './state/organization.ts';
import { navigations, path, towards } from './state/router.ts';
import { setTheme, theme, type Theme } from './state/theme.ts';
import { failed } from './state/toasts.ts';
import { IconButton } from './ui/Button.tsx';
import { FoundingDialog } from './ui/Founding.tsx';
import { Icon, Mark } from './ui/Icon.tsx';
import { Menu } from './ui/Menu.tsx';
import { Note } from './ui/Page.tsx';

export function Shell({ children }: { children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const arrived = navigations.value;
  useEffect(() => setOpen(false), [arrived, path.value]);
  useEffect(() => {
    if (!open) return;
    const key = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [open]);
  return (
    <div class="shell">
      <header class="topbar">
        <IconButton icon={open ? 'close' : 'menu'} label={open ? 'Close the menu' : 'Open the menu'} aria-expanded={open} aria-controls="sidebar" onClick={() => setOpen(!open)} />
        <span class="topbar-name"><Mark size={22} /> {framed.value?.name ?? 'Latchkey'}</span>
      </header>
      <nav id="sidebar" class={`sidebar ${open ? 'open' : ''}`} aria-label="Dashboard">
        <Organizations />
        <Places />
        <Own />
      </nav>
      {open && <div class="veil" onClick={() => setOpen(false)} />}
      <main id="content" class="content" tabIndex={-1}>
        {membership.value?.status === 'suspended' && <Note tone="warn">This organization is suspended: its keys are refused, and nothing new can be created.</Note>}
        {membership.value?.status === 'deleted' && <Note tone="bad">This organization was deleted: its keys are dead, and its data is kept for a while for you to export.</Note>}
        {children}
      </main>
    </div>
  );
}

/** The organization that is looked at, and the way to the others. */
function Organizations() {
  const [founding, setFounding] = useState(false);
  const chosen = framed.value;
  const items = memberships.value.map(({ id, name, role: as, status }) => ({
    label: name,
    note: status === 'active' ? as : `${as} · ${status}`,
    href: home(id),
    current: id === membership.value?.id,
  }));
  return (
    <>
      <Menu
        class="switcher"
        label="Organizations"
        spoken
        button={(
          <>
            <Mark size={28} />
            <span class="grow">
              <span class="unseen">Organization: </span>
              <span class="switcher-name">{chosen?.name ?? 'Latchkey'}</span>
              {chosen && <span class="switcher-role">{chosen.role}</span>}
            </span>
            <Icon name="switch" size={16} />
          </>
        )}
        items={[...items, { label: 'New organization', icon: 'plus', act: () => setFounding(true), apart: items.length > 0 }]}
      />
      {founding && <FoundingDialog onClose={() => setFounding(false)} />}
    </>
  );
}

function Places() {
  useAlertBadge();
  const id = framed.value?.id;
  const shown = routes.filter((route) => route.nav && (!role.value || !route.needs || may(route.needs)));
  return (
    <ul class="places">
      {id && shown.map((route) => <li key={route.path}><PlaceLink route={route} id={id} /></li>)}
    </ul>
  );
}

function PlaceLink({ route, id }: { route: Route; id: string }) {
  const href = route.path.replace(':organizationId', id);
  const root = route.path === '/o/:organizationId';
  const here = towards.value === href || (!root && towards.value.startsWith(`${href}/`));
  // What the pointer is on is probably wanted next.
  const prepare = () => void ready(route).catch(() => {});
  const badge = badges.value[route.nav!.label];
  return (
    <a href={href} class="place" aria-current={here ? 'page' : undefined} onPointerEnter={prepare} onFocus={prepare}>
      <Icon name={route.nav!.icon} />
      <span class="grow">{route.nav!.label}</span>
      {badge ? <span class="badge">{badge}</span> : null}
    </a>
  );
}

const THEMES: readonly { value: Theme; label: string; icon: 'screen' | 'sun' | 'moon' }[] = [
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
  { value: 'system', label: 'As the system', icon: 'screen' },
];

function Own() {
  const who = account.value;
  if (!who) return null;
  const docs = routes.some((route) => route.path === '/docs');
  return (
    <div class="own">
      <Menu
        up
        class="own-menu"
        label="Your account"
        spoken
        button={(
          <>
            <span class="avatar" aria-hidden="true">{initials(who.firstName, who.lastName)}</span>
            <span class="grow">
              <span class="unseen">Your account: </span>
              <span class="own-name">{who.firstName} {who.lastName}</span>
              <span class="own-mail">{who.email}</span>
            </span>
            <Icon name="switch" size={16} />
          </>
        )}
        items={[
          { label: 'Your account', icon: 'account', href: '/account', current: path.value === '/account' },
          ...(docs ? [{ label: 'API reference', icon: 'docs' as const, href: '/docs' }] : []),
          ...THEMES.map(({ value, label, icon }, index) => ({ label, icon, act: () => setTheme(value), current: theme.value === value, apart: index === 0 })),
          { label: 'Sign out', icon: 'out', act: () => void signOut().catch(failed), apart: true },
        ]}
      />
    </div>
  );
}

const initials = (first: string, last: string): string => ((([...first][0] ?? '') + ([...last][0] ?? '')).toUpperCase());
