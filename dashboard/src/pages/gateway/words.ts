// Routes of the gateway in words, and the addresses under which they are reached.
import type { Schema } from '../../api/client.ts';
import { here } from '../../state/organization.ts';
import type { Tone } from '../../ui/Pill.tsx';

export type GatewayRoute = Schema<'GatewayRoute'>;
export type Consistency = GatewayRoute['consistency'];
type Environment = NonNullable<GatewayRoute['environment']> | '';

/** Where whoever has a key asks for what lies at this path. */
export const addressOf = (path: string): string => `${location.origin}/gateway/${here().organizationId}${path}`;

export const curlOf = (path: string): string => `curl ${addressOf(path)} \\\n  -H "Authorization: Bearer $CUSTOMER_KEY"`;

/** What is asked for in examples, below the path of a route. */
export const below = (path: string): string => `${path.replace(/\/$/, '')}/7`;

/** What the origin is asked for when somebody asks the gateway for `asked`. */
export function handedOn({ path, origin, stripPath }: Pick<GatewayRoute, 'path' | 'origin' | 'stripPath'>, asked: string): string {
  const rest = stripPath && path !== '/' ? asked.slice(path.length) : asked;
  return origin.replace(/\/+$/, '') + rest;
}

export const stateOf = ({ active }: GatewayRoute): { tone: Tone; word: string } => (active ? { tone: 'good', word: 'active' } : { tone: 'neutral', word: 'disabled' });

/** What a key has to have, on a line. */
export function needsText({ permissions, environment, sessionId }: GatewayRoute): string {
  const asked = permissions.length > 1 ? `${permissions.length} permissions` : permissions[0];
  const from = [environment, sessionId && 'one session'].filter(Boolean).join(', ');
  return [asked, from].filter(Boolean).join(' · ') || 'any good key';
}

export const ENVIRONMENTS: readonly { value: Environment; label: string }[] = [
  { value: '', label: 'Any' },
  { value: 'production', label: 'Production' },
  { value: 'staging', label: 'Staging' },
  { value: 'development', label: 'Development' },
];

export const MODES: Record<Consistency, { label: string; text: string }> = {
  edge: { label: 'As its session says', text: 'The session of a key says who decides on it.' },
  leased: { label: 'Leased, at most', text: 'No record near the client decides: a location does, for some seconds at a time, or the session itself.' },
  strict: { label: 'Always strict', text: 'One place decides on each request. The slowest, and nothing is older than the answer.' },
};

/** What an origin needs, to let nobody in who does not come by the gateway. */
export const VERIFY = `import { originVerifier } from 'latchkey/origin';

const whoami = originVerifier({ secrets: process.env.GATEWAY_SECRET });

const identity = await whoami(request);
if (identity === null) return new Response('Come by the gateway.', { status: 401 });`;
