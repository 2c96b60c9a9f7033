// The lists of the model (tests/model) once more, over HTTP on the real runtime: a worker answers each request as the house
// did in which the lists were made. Steps that only a house of tests can take (its clock, a KV that fails) are not in them.
//
// `BLESS=1 cargo test --test model vectors` makes the lists.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { figure, full } from './support/proof.ts';

interface Asked {
  /** Who: a credential by its name. */
  as: string;
  method: string;
  path: string;
  body?: unknown;
  /** What is needed later: names, and where they stand in the answer. */
  keeps?: Record<string, string>;
}
interface Answered extends Asked {
  status: number;
  /** Of an error, or of the decision on a key. */
  code?: string;
}
interface Lists {
  beginning: Asked[];
  lists: { seed: number; requests: Answered[] }[];
}

const { beginning, lists } = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/lists.json'), 'utf8')) as Lists;
const ROUNDS = full ? 15 : 1;
/** So many lists share their people: one of them owns an organization in each, and may own twenty. */
const TOGETHER = 10;
const PEOPLE = 4;

const latchkey = await startLatchkey();

const TWISTS: Record<string, (text: string) => string> = {
  truncated: (text) => text.slice(0, -1),
  other_prefix: (text) => text.replace(/^.*_/, text.startsWith('sk_live_') ? 'sk_dev_' : 'sk_live_'),
  last_letter: (text) => text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A'),
};

/** The names of one run of a list, and what they stand for. */
class Names {
  private readonly known: Map<string, string>;
  private readonly start = Date.now();

  constructor(people: Map<string, string>) {
    this.known = new Map([...people, ['operator', latchkey.operatorToken]]);
  }

  fill = (text: string): string => text.replace(/\{([^}]+)\}/g, (_, name: string) => this.resolve(name));

  fillAll = (value: unknown): unknown => {
    if (typeof value === 'string') return this.fill(value);
    if (Array.isArray(value)) return value.map(this.fillAll);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.fillAll(member)]));
  };

  keep(name: string, value: unknown): void {
    assert.equal(typeof value, 'string', name);
    this.known.set(name, value as string);
  }

  private resolve(name: string): string {
    if (name.startsWith('at:')) return new Date(this.start + Number(name.slice(3))).toISOString();
    const [plain = '', twist] = name.split('|');
    const text = this.known.get(plain);
    assert.ok(text !== undefined, `nobody knows ${name}`);
    return twist === undefined ? text : TWISTS[twist]!(text);
  }
}

async function ask(names: Names, { as, method, path, body, keeps = {} }: Asked) {
  const reply = await latchkey.api(names.fill(as)).send(method, names.fill(path), { body: names.fillAll(body) });
  if (reply.status < 300) {
    for (const [name, pointer] of Object.entries(keeps)) names.keep(name, pointer.slice(1).split('/').reduce((value, member) => value?.[member], reply.body));
  }
  return reply;
}

async function strangers(): Promise<Map<string, string>> {
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => latchkey.register()));
  return new Map(people.flatMap(({ accessToken, user }, number) => [[`p${number}`, accessToken], [`u${number}`, user.id]] as [string, string][]));
}

/** A worker may have longer to wait than the house, and says so. */
const isSuccess = (status: number, expected: number) => status === expected || (status === 202 && expected < 300);

async function replay({ seed, requests }: Lists['lists'][number], people: Map<string, string>): Promise<number> {
  const names = new Names(people);
  for (const request of beginning) {
    const { status, text } = await ask(names, request);
    assert.ok(status < 300, `list ${seed}, ${request.method} ${request.path}: ${status} ${text}`);
  }
  for (const [number, request] of requests.entries()) {
    const { status, body, text } = await ask(names, request);
    const what = `list ${seed}, request ${number}: ${JSON.stringify(request)} answered ${status} ${text.slice(0, 300)}`;
    assert.ok(isSuccess(status, request.status), what);
    if (request.code !== undefined) assert.equal(body?.code, request.code, what);
  }
  return requests.length;
}

test('a worker answers every list of the model as the model has it', async () => {
  assert.ok(lists.length >= 20, 'there are lists');
  let [requests, runs] = [0, 0];
  const codes = new Set(lists.flatMap((list) => list.requests.map(({ code }) => code)));
  for (let round = 0; round < ROUNDS; round++) {
    const groups = await Promise.all(Array.from({ length: Math.ceil(lists.length / TOGETHER) }, strangers));
    // All at once: most of the time goes by in waiting for leases that a change must outlive.
    const counts = await Promise.all(lists.map((list, number) => replay(list, groups[Math.floor(number / TOGETHER)]!)));
    runs += counts.length;
    requests += counts.reduce((sum, count) => sum + count, 0);
    if (full) console.log(`round ${round + 1} of ${ROUNDS}: ${runs} lists, ${requests} requests`);
  }
  figure('lists of the model over HTTP', runs, 'lists');
  figure('requests of these lists, all answered as in the model', requests, 'requests');
  // The lists are worth replaying: most of what may be said is said in them.
  for (const code of ['VALID', 'NOT_FOUND', 'auth_key_revoked', 'insufficient_role', 'organization_not_found', 'api_key_not_found', 'last_owner']) {
    assert.ok(codes.has(code), `no list has ${code}`);
  }
});
