// The address bar: where we are, and going somewhere else without loading the document again.
import { computed, signal } from '@preact/signals';

const current = signal({ path: location.pathname, search: location.search });

/** The path, such as `/o/org_…/keys`. */
export const path = computed(() => current.value.path);
/** The query. Nothing secret is ever put there. */
export const query = computed(() => new URLSearchParams(current.value.search));
/** Where a link that was pressed leads: at once, while `path` follows after the paint. */
export const towards = signal(location.pathname);
/** Counts navigations: focus moves to the new page's heading after one. */
export const navigations = signal(0);

function read(): void {
  const { path, search } = current.value;
  towards.value = location.pathname;
  // What is where it was has nothing to tell: a page would be rendered once more for it.
  if (path !== location.pathname || search !== location.search) current.value = { path: location.pathname, search: location.search };
}

/** After the next paint; at the latest after a moment, where nothing is painted because nobody looks. */
function afterPaint(act: () => void): void {
  const late = setTimeout(act, 100);
  requestAnimationFrame(() => {
    clearTimeout(late);
    setTimeout(act);
  });
}

/** Goes to a page of the dashboard. */
export function go(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  arrive();
}

/** Shows the page that the address has. */
function arrive(): void {
  const moved = location.pathname !== current.value.path;
  read();
  if (!moved) return;
  navigations.value += 1;
  scrollTo(0, 0);
}

/** Changes filters in the query; null or an empty text takes one away. The page stays where it is. */
export function setQuery(changes: Record<string, string | null | undefined>): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString();
  history.replaceState(null, '', location.pathname + (text ? `?${text}` : ''));
  read();
}

/**
 * What stands behind `#` (the token of a link that somebody was sent), taken out of the address bar and the history.
 */
export function takeFragment(name: string): string | null {
  const value = new URLSearchParams(location.hash.slice(1)).get(name);
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return value;
}

/** A page of this dashboard that somebody wanted to see before signing in; nothing else is believed. */
export function wanted(): string {
  const next = query.value.get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

/** Follows the browser, and links to our own pages. */
export function follow(): void {
  addEventListener('popstate', () => {
    read();
    navigations.value += 1;
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin || link.hash) return;
    if (link.hasAttribute('data-leave')) return;
    event.preventDefault();
    const to = link.pathname + link.search;
    if (to === location.pathname + location.search) return;
    history.pushState(null, '', to);
    // What was pressed is seen to be, wherever it leads, before the page is made, which takes longer.
    link.setAttribute('data-pressed', '');
    towards.value = location.pathname;
    afterPaint(() => {
      link.removeAttribute('data-pressed');
      arrive();
    });
  });
}
