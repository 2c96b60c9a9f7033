// A client process of its own: it verifies what it is told to, over and over, and changes what it is told to at once; and writes
// down when it has asked and was answered, by the clock that all processes of the machine share. Its parent is `histories.ts`.
import type { Call } from './history.ts';

/** What a process is told. */
export interface Order {
  /** A secret to be verified from now on, by its name. */
  add?: { key: string; secret: string };
  /** One that is not verified any more. */
  drop?: string;
  /** A change, made once. Its answer comes back under the number. `makes`: the name of the secret that comes of it. */
  change?: { number: number; key: string; what: Call['what']; method: string; path: string; body?: object; sets?: Call['sets']; overlap?: boolean; makes?: string };
  /** Where the isolates answer, and by which key they are asked. */
  service?: { origins: string[]; bearer: string };
  stop?: true;
}

/** What a process tells. */
export interface Report {
  /** How a change was answered; no status if it was not. */
  changed?: { number: number; status?: number; body?: any };
  /** Everything, at the end. */
  history?: Call[];
  outcomes?: { [outcome: string]: number };
}

const CONNECTIONS = 3;
const now = () => Number(process.hrtime.bigint()) / 1e6;
const me = `process ${process.pid}`;

let origins: string[] = [];
let bearer = '';
let running = true;
const secrets = new Map<string, string>();
const history: Call[] = [];
const outcomes: { [outcome: string]: number } = {};

async function send(origin: string, method: string, path: string, body?: object): Promise<{ status?: number; body?: any }> {
  try {
    const headers = { authorization: `Bearer ${bearer}`, ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(origin + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
    return { status: response.status, body: await response.json() };
  } catch {
    return {};
  }
}

async function connection(first: number): Promise<void> {
  for (let turn = first; running; turn++) {
    const names = [...secrets.keys()];
    if (names.length === 0) {
      await new Promise((done) => setTimeout(done, 2));
      continue;
    }
    const key = names[turn % names.length]!;
    const isolate = (turn + first) % origins.length;
    const sent = now();
    const { status, body } = await send(origins[isolate]!, 'POST', '/v1/keys/verify', { key: secrets.get(key) });
    const code = status === 200 ? body.code : `status ${status}`;
    outcomes[code] = (outcomes[code] ?? 0) + 1;
    const outcome = code === 'VALID' ? 'accepted' : code === 'REVOKED' ? 'ended' : 'unknown';
    // A code that no rule knows would be overlooked; that it is one is for the spec to see in the outcomes.
    history.push({ key, what: 'verify', sent, answered: now(), outcome, by: `${me}, isolate ${isolate}` });
  }
}

async function change({ number, key, what, method, path, body, sets, overlap, makes }: NonNullable<Order['change']>): Promise<void> {
  const sent = now();
  const { status, body: answer } = await send(origins[number % origins.length]!, method, path, body);
  const outcome = status === undefined || status >= 500 || status === 202 ? 'unknown' : status < 300 ? 'done' : 'refused';
  const answered = now();
  history.push({ key, what, sent, answered, outcome, sets, overlap, by: me });
  if (makes) history.push({ key: makes, what: 'create', sent, answered, outcome });
  process.send?.({ changed: { number, status, body: answer } } satisfies Report);
}

process.on('message', (order: Order) => {
  if (order.service) ({ origins, bearer } = order.service);
  if (order.add) secrets.set(order.add.key, order.add.secret);
  if (order.drop) secrets.delete(order.drop);
  if (order.change) void change(order.change);
  if (order.stop) running = false;
});

await Promise.all(Array.from({ length: CONNECTIONS }, (_, at) => connection(at)));
process.send?.({ history, outcomes } satisfies Report, () => process.disconnect?.());
