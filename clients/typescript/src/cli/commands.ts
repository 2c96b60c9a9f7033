// The commands, one for each thing that the client does.
import { LatchkeyError } from '../errors.ts';
import type { Demand } from '../leases.ts';
import type { Schema } from '../types.ts';
import { type Command, EXIT, type Given, Misuse, type Option, number, seconds, time } from './command.ts';
import { chart } from './chart.ts';
import { importFile, importOptions } from './import/run.ts';
import { facts, keyFacts, keyTable, sessionFacts, sessionTable } from './print.ts';
import { confirmed, readSecret } from './secret.ts';

const environment: Option = { value: 'NAME', choices: ['production', 'staging', 'development'], help: 'the environment' };
const session: Option = { value: 'ID', help: 'the session (ses_…)' };
const permission: Option = { value: 'WORDS', many: true, help: 'a permission such as emails:send; give it again for more' };
const most: Option = { value: 'NUMBER', help: 'at most so many rows, 100 unless given; 0 for all' };
const yes: Option = { help: 'do not ask before it is done' };

async function shown<T>(given: Given, value: T, text: (value: T) => string): Promise<void> {
  given.out(given.json ? JSON.stringify(value, null, 2) : text(value));
}

/** The rows of a list, up to what was asked for. */
async function rows<T>(given: Given, list: AsyncGenerator<T>, text: (rows: T[]) => string): Promise<void> {
  const limit = number(given.one('limit') ?? '100', 'limit') || Infinity;
  const found: T[] = [];
  for await (const row of list) {
    if (found.length === limit) {
      given.note(`There are more than ${limit}: --limit 0 shows all of them.`);
      break;
    }
    found.push(row);
  }
  await shown(given, found, text);
}

/** The plaintext alone on standard output, so that it can be caught; all else beside it. */
function issued(given: Given, key: Schema<'IssuedKey'>): void {
  if (given.json) return given.out(JSON.stringify(key, null, 2));
  given.note(`${keyFacts(key)}\n\nThe key, this once:`);
  given.out(key.key);
}

/** `burst=10/1s` */
function rateLimit(text: string): { name: string; limit: number; windowMs: number } {
  const [, name, limit, window] = /^([a-z][a-z0-9_-]{0,31})=(\d+)\/(\d+[smhd])$/.exec(text) ?? [];
  if (!name || !limit || !window) throw new Misuse('--rate-limit takes NAME=TOKENS/TIME, such as burst=10/1s');
  return { name, limit: Number(limit), windowMs: seconds(window, 'rate-limit') * 1000 };
}

function object(text: string | undefined, option: string): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Misuse(`--${option} takes a JSON object`);
}

function settings({ one, many }: Given): Omit<Schema<'CreateApiKey'>, 'name'> {
  const [expires, credits, limits] = [one('expires'), one('credits'), many('rate-limit')];
  return {
    permissions: many('permission'), environment: one('environment') as Schema<'CreateApiKey'>['environment'], sessionId: one('session'),
    externalId: one('external-id'), metadata: object(one('metadata'), 'metadata'), ipAllowList: many('network'),
    expiresAt: expires === undefined ? undefined : time(expires, 'expires', 1),
    rateLimits: limits?.map(rateLimit),
    credits: credits === undefined ? undefined : { remaining: number(credits, 'credits') },
  };
}

async function verify(given: Given): Promise<number> {
  const client = await given.client();
  const { one, many } = given;
  const cost = one('cost');
  const demand: Demand = {
    permissions: many('permission'), domain: one('domain'), sessionId: one('session'), ip: one('ip'),
    environment: one('environment') as Demand['environment'], consistency: given.is('strict') ? 'strict' : undefined,
    cost: cost === undefined ? undefined : number(cost, 'cost'),
  };
  const decision = await client.verify(await readSecret('Key: '), demand);
  await shown(given, decision, ({ code, keyId, name, sessionId, environment: of, permissions, expiresAt, credits, rateLimits, freshness, verificationId }) =>
    facts([
      ['code', code], ['key', keyId], ['name', name], ['session', sessionId], ['environment', of], ['permissions', permissions?.join(' ')], ['expires', expiresAt],
      ['limits', rateLimits.map((limit) => `${limit.level}.${limit.name} ${limit.remaining}/${limit.limit}`).join(', ')], ['credits', credits?.remaining],
      ['decided', `${freshness.mode}, ${freshness.asOf}`], ['verification', verificationId],
    ]));
  return decision.valid ? EXIT.done : EXIT.refused;
}

async function usage(given: Given): Promise<void> {
  const [from, to] = ['from', 'to'].map((name) => given.one(name)).map((text, at) => (text === undefined ? undefined : time(text, at ? 'to' : 'from', -1)));
  const query = { from, to, granularity: given.one('granularity') as Schema<'Usage'>['granularity'] | undefined };
  const [id] = given.ids;
  const client = await given.client();
  const of = given.one('environment') as 'production' | undefined;
  if (id !== undefined && of !== undefined) throw new Misuse('--environment is for all sessions: leave the id out');
  const counted = id === undefined ? client.usage({ ...query, environment: of } as Parameters<typeof client.usage>[0]) : id.startsWith('ses_') ? client.sessions.usage(id, query) : client.keys.usage(id, query);
  const look = { columns: Math.min(process.stdout.columns || 80, 160), colour: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR };
  await shown(given, await counted, (found) => chart(found, look));
}

/** A change that others must hear of: until when it may not be in force yet. */
function settled(given: Given, { effectiveAt }: { effectiveAt?: string | null }): void {
  if (effectiveAt && Date.parse(effectiveAt) > Date.now()) given.note(`In force everywhere from ${effectiveAt} on.`);
}

export const COMMANDS: Command[] = [
  {
    name: 'keys list', help: 'list keys, newest first',
    options: { status: { value: 'NAME', choices: ['active', 'pending', 'disabled', 'expired', 'revoked'], help: 'only those' }, environment, session, 'external-id': { value: 'TEXT', help: 'only those of this one' }, search: { value: 'TEXT', help: 'a part of name, id, start or last four' }, limit: most },
    run: async (given) => {
      const { one } = given;
      const filter = { status: one('status'), environment: one('environment'), sessionId: one('session'), externalId: one('external-id'), search: one('search') };
      await rows(given, (await given.client()).keys.list(filter as object), keyTable);
    },
  },
  {
    name: 'keys show', takes: 'ID', help: 'show one key',
    run: async (given) => shown(given, await (await given.client()).keys.get(given.ids[0]!), keyFacts),
  },
  {
    name: 'keys create', help: 'issue a key',
    more: 'The key alone goes to standard output, so KEY=$(latchkey keys create --name CI) catches it.',
    options: {
      name: { value: 'TEXT', help: 'a name for people, required' }, permission, environment, session,
      expires: { value: 'TIME', help: 'a date, or a time from now such as 90d' },
      'rate-limit': { value: 'NAME=TOKENS/TIME', many: true, help: 'a limit of its own, such as burst=10/1s' },
      credits: { value: 'NUMBER', help: 'how often it may be used in all' }, 'external-id': { value: 'TEXT', help: 'your own id for whom it belongs to' },
      metadata: { value: 'JSON', help: 'an object that every verification answers' }, network: { value: 'CIDR', many: true, help: 'from where alone it may be used' },
    },
    run: async (given) => {
      const name = given.one('name');
      if (name === undefined) throw new Misuse('--name is missing');
      issued(given, await (await given.client()).keys.create({ name, ...settings(given) }));
    },
  },
  {
    name: 'keys rotate', takes: 'ID', help: 'issue a successor; the old key goes on for a while',
    options: { overlap: { value: 'TIME', help: 'for how long, such as 24h; 0s ends it now. Required' } },
    run: async (given) => {
      const overlap = given.one('overlap');
      if (overlap === undefined) throw new Misuse('--overlap is missing: for how long does the old key go on?');
      const overlapSeconds = seconds(overlap, 'overlap');
      issued(given, await (await given.client()).keys.rotate(given.ids[0]!, { overlapSeconds }));
    },
  },
  {
    name: 'keys revoke', takes: 'ID', help: 'end a key for good', options: { reason: { value: 'TEXT', help: 'why; it is kept with the key' }, yes },
    run: async (given) => {
      const client = await given.client();
      const reason = given.one('reason');
      await confirmed(`End ${given.ids[0]} for good?`, given.is('yes'));
      const revoked = await client.keys.revoke(given.ids[0]!, reason === undefined ? undefined : { reason });
      await shown(given, revoked, keyFacts);
      settled(given, revoked);
    },
  },
  {
    name: 'keys verify', help: 'decide on a key, read from standard input or a prompt',
    more: `Exit code ${EXIT.done} if it is good, ${EXIT.refused} if it is not. It counts as a use of the key.`,
    options: { permission, environment, session, domain: { value: 'NAME', help: 'the domain it is to act for' }, ip: { value: 'ADDRESS', help: 'the address it was used from' }, cost: { value: 'NUMBER', help: 'what it spends of limits and credits' }, strict: { help: 'have its owner decide, by no lease' } },
    run: verify,
  },
  {
    name: 'import', takes: 'FILE', help: 'take over the keys of another system',
    more: `docs/IMPORT.md has a guide for each. Run again after a break, it goes on. Exit code ${EXIT.refused} if any were skipped.`,
    options: importOptions(environment, session, permission), run: importFile,
  },
  {
    name: 'sessions list', help: 'list sessions, newest first', options: { limit: most },
    run: async (given) => rows(given, (await given.client()).sessions.list(), sessionTable),
  },
  {
    name: 'sessions show', takes: 'ID', help: 'show one session',
    run: async (given) => shown(given, await (await given.client()).sessions.get(given.ids[0]!), sessionFacts),
  },
  {
    name: 'sessions create', help: 'create a session', options: { name: { value: 'TEXT', help: 'a name for people, required' }, environment, region: { value: 'NAME', help: 'where to place it, such as weur' } },
    run: async (given) => {
      const [name, of, region] = ['name', 'environment', 'region'].map((option) => given.one(option));
      if (name === undefined) throw new Misuse('--name is missing');
      const wanted = { name, environment: of, region } as Schema<'CreateSession'>;
      await shown(given, await (await given.client()).sessions.create(wanted), sessionFacts);
    },
  },
  {
    name: 'sessions delete', takes: 'ID', help: 'end a session and all its keys', options: { yes },
    run: async (given) => {
      const client = await given.client();
      await confirmed(`End ${given.ids[0]} and all its keys for good?`, given.is('yes'));
      const deleted = await client.sessions.delete(given.ids[0]!);
      await shown(given, deleted, sessionFacts);
      settled(given, deleted);
    },
  },
  {
    name: 'usage', takes: '[ID]', help: 'show what a key, a session or all of them were used for',
    options: { from: { value: 'TIME', help: 'a date, or a time ago such as 7d; a day ago unless given' }, to: { value: 'TIME', help: 'likewise; now unless given' }, granularity: { value: 'STEP', choices: ['minute', 'hour', 'day'], help: 'how long a step is' }, environment },
    run: usage,
  },
  {
    name: 'whoami', help: 'show what the key in LATCHKEY_KEY is and may do',
    run: async (given) => shown(given, await (await given.client()).whoami({ cost: 0 }), ({ keyId, name, organizationId, sessionId, environment: of, permissions, expiresAt }) =>
      facts([['key', keyId], ['name', name], ['organization', organizationId], ['session', sessionId], ['environment', of], ['permissions', permissions?.join(' ')], ['expires', expiresAt]])),
  },
];

/** What a failure ends with. */
export function exitCode(error: unknown): number {
  if (error instanceof Misuse) return EXIT.misuse;
  if (!(error instanceof LatchkeyError)) return EXIT.failed;
  return error.isUnavailable ? EXIT.unavailable : error.code === 'invalid_argument' ? EXIT.misuse : EXIT.failed;
}
