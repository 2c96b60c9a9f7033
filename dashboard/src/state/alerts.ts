// How many alerts wait for somebody: the figure beside "Alerts" in the sidebar.
import { useEffect } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { setBadge } from './badges.ts';
import { now } from './clock.ts';
import { here, may, organizationId, role } from './organization.ts';
import { navigations } from './router.ts';

const LISTED = 100;
/** A page that nobody looks at stops to ask after so long, so that it does not keep a sign-in alive by itself. */
const WATCHED_MS = 30 * 60_000;
const EVERY_MS = 60_000;

let counted = { of: '', at: 0 };
let arrived = Date.now();

/** Counts anew: alerts that are open and that nobody has acknowledged. */
export async function countAlerts(): Promise<void> {
  const of = organizationId.value ?? '';
  counted = { of, at: Date.now() };
  try {
    const { data, pagination } = await ask(api.GET('/organizations/{organizationId}/alerts', { params: { path: here(), query: { status: 'open', limit: LISTED } } }));
    if (organizationId.value !== of) return;
    const waiting = data.filter(({ acknowledgedAt }) => acknowledgedAt === null).length;
    setBadge('Alerts', waiting === 0 ? null : `${waiting}${pagination.hasMore ? '+' : ''}`);
  } catch {
    // The page itself says what is wrong with the service; the figure stays as it was.
  }
}

/** Keeps the figure up to date while somebody looks. */
export function useAlertBadge(): void {
  const of = organizationId.value;
  const known = role.value !== null;
  const moves = navigations.value;
  const tick = now.value;
  useEffect(() => void (arrived = Date.now()), [moves]);
  useEffect(() => {
    if (!of || !known || !may('listAlerts')) return setBadge('Alerts', null);
    if (counted.of !== of) setBadge('Alerts', null);
    else if (document.hidden || Date.now() - counted.at < EVERY_MS - 5000 || Date.now() - arrived > WATCHED_MS) return;
    void countAlerts();
  }, [of, known, tick, moves]);
}
