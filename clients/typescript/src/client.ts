// The client: verification, keys, sessions, usage, and `request` for everything else that docs/API.md has.
import { Leases, type Demand } from './leases.ts';
import { type Fetch, type Query, filled, transport } from './transport.ts';
import type { Answer, CallOptions, Method, PathOf, QueryOf, RequestOptions, Schema } from './types.ts';
import { invalidArgument } from './errors.ts';
import { type Verify, verifier } from './verify.ts';

export interface Options {
  /** Where the service is, `https://keys.example.com`. */
  baseUrl: string;
  /** The key that this client acts with; `keys:verify` is enough to verify. */
  key: string;
  /** In place of the global one: a service binding (`env.KEYS.fetch.bind(env.KEYS)`), or one with a proxy. */
  fetch?: Fetch;
  /** For a verification, repeats included: 5,000 unless given. */
  verifyTimeoutMs?: number;
  /** For all other calls: 30,000 unless given, as a change may wait 20 seconds until it is in force. */
  timeoutMs?: number;
  /** See `VerifyOptions`. */
  onUnavailable?: 'deny' | 'allow';
  /** How many decisions are kept while they stand, 5,000 unless given; 0 asks every time, and every request is counted. */
  keptDecisions?: number;
  /** Lets keys go over plain http to other machines, within a network of your own. */
  allowHttp?: boolean;
  /** Names this program in the log and in usage. Not in browsers. */
  userAgent?: string;
}

export interface IssueOptions extends CallOptions {
  /** The same value issues the same key, within 24 hours: 16 to 255 characters. Chosen at random unless given. */
  idempotencyKey?: string;
}

type Filter<M extends Method, Path extends PathOf<M>> = Omit<QueryOf<M, Path>, 'cursor'>;

export interface Latchkey {
  /** Decides on a key that somebody presented. Resolves whatever is decided; throws if nobody could be asked. */
  verify: Verify;
  keys: {
    /** Issues a key; its plaintext is in this answer and never again. */
    create(key: Schema<'CreateApiKey'>, options?: IssueOptions): Promise<Schema<'IssuedKey'>>;
    /** All keys within reach, newest first, page by page as they are asked for. */
    list(filter?: Filter<'GET', '/v1/api_keys'>, options?: CallOptions): AsyncGenerator<Schema<'ApiKey'>, void, undefined>;
    get(id: string, options?: CallOptions): Promise<Schema<'ApiKey'>>;
    update(id: string, change: Schema<'ChangeApiKey'>, options?: CallOptions): Promise<Schema<'ChangedKey'>>;
    /** Replaces a key; the old one goes on for `overlapSeconds`. */
    rotate(id: string, how: Schema<'RotateApiKey'>, options?: IssueOptions): Promise<Schema<'IssuedKey'>>;
    /** Ends a key for good: when this resolves without `effectiveAt` in the future, no verification accepts it any more. */
    revoke(id: string, why?: Schema<'RevokeApiKey'>, options?: CallOptions): Promise<Schema<'ChangedKey'>>;
    /** Takes over keys of another system, up to 500; sending the same again changes nothing. */
    import(keys: Schema<'ImportKeys'>, options?: CallOptions): Promise<Schema<'Import'>>;
    verify: Verify;
    usage(id: string, query?: QueryOf<'GET', '/v1/api_keys/{id}/usage'>, options?: CallOptions): Promise<Schema<'Usage'>>;
  };
  sessions: {
    create(session: Schema<'CreateSession'>, options?: CallOptions): Promise<Schema<'Session'>>;
    list(filter?: Filter<'GET', '/v1/sessions'>, options?: CallOptions): AsyncGenerator<Schema<'Session'>, void, undefined>;
    get(id: string, options?: CallOptions): Promise<Schema<'ReadSession'>>;
    update(id: string, change: Schema<'ChangeSession'>, options?: CallOptions): Promise<Schema<'ChangedSession'>>;
    /** Ends a session and all its keys. */
    delete(id: string, options?: CallOptions): Promise<Schema<'ChangedSession'>>;
    /** Issues a key of a session. */
    createKey(id: string, key?: Schema<'CreateSessionApiKey'>, options?: IssueOptions): Promise<Schema<'IssuedKey'>>;
    usage(id: string, query?: QueryOf<'GET', '/v1/sessions/{id}/usage'>, options?: CallOptions): Promise<Schema<'Usage'>>;
  };
  /** What all keys within reach have been used for. */
  usage(query?: QueryOf<'GET', '/v1/usage'>, options?: CallOptions): Promise<Schema<'Usage'>>;
  /** What the key of this client is, and may do. */
  whoami(query?: QueryOf<'GET', '/v1/whoami'>, options?: CallOptions): Promise<Schema<'Verification'>>;
  /** Any operation of the API: `request('GET', '/v1/alerts/{id}', { params: { id } })`. */
  request<M extends Method, Path extends PathOf<M>>(method: M, path: Path, ...options: Given<RequestOptions<M, Path>>): Promise<Answer<M, Path>>;
}

/** Left out where nothing has to be given. */
type Given<T> = Record<never, never> extends T ? [options?: T] : [options: T];

type Untyped = CallOptions & { params?: Record<string, unknown>; query?: object; headers?: Record<string, string>; idempotencyKey?: string; body?: unknown; repeatable?: boolean };

/** How many rows of a list are asked for at once. */
const PAGE_ROWS = 100;

export function createLatchkey(options: Options): Latchkey {
  const { timeoutMs: patience = 30_000, verifyTimeoutMs = 5_000, onUnavailable = 'deny', keptDecisions = 5_000 } = options;
  if (!Number.isSafeInteger(keptDecisions) || keptDecisions < 0) throw invalidArgument('`keptDecisions` must be a whole number, 0 or more.');
  const send = transport(options);
  const verify = verifier(send, new Leases(keptDecisions), { timeoutMs: verifyTimeoutMs, onUnavailable });

  async function call(method: Method, path: string, { params, query, headers, idempotencyKey, body, timeoutMs = patience, signal, repeatable }: Untyped = {}): Promise<any> {
    const sent = idempotencyKey === undefined ? headers : { ...headers, 'idempotency-key': idempotencyKey };
    const harmless = repeatable ?? (method === 'GET' || method === 'DELETE' || idempotencyKey !== undefined);
    return (await send({ method, path: filled(path, params), query: query as Query, body, headers: sent, timeoutMs, signal, repeatable: harmless })).body;
  }

  async function* rows(path: string, query: object = {}, given: CallOptions & { params?: Record<string, unknown> } = {}): AsyncGenerator<any, void, undefined> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await call('GET', path, { ...given, query: { limit: PAGE_ROWS, ...query, cursor } });
      yield* page.data;
      cursor = page.pagination.nextCursor ?? null;
    }
  }

  // A key that is issued once, however often it is asked for.
  const issue = (path: string, body: unknown, given: IssueOptions = {}, params = {}) => call('POST', path, { idempotencyKey: crypto.randomUUID(), ...defined(given), params, body });
  // Replacing a setting twice is replacing it; adding credits twice is not adding them once.
  const change = (path: string, id: string, body: Record<string, any>, given?: CallOptions) => call('PATCH', path, { ...given, params: { id }, body, repeatable: body.credits?.add === undefined });

  return {
    verify,
    keys: {
      create: (key, given) => issue('/v1/api_keys', key, given),
      list: (filter, given) => rows('/v1/api_keys', filter, given),
      get: (id, given) => call('GET', '/v1/api_keys/{id}', { ...given, params: { id } }),
      update: (id, settings, given) => change('/v1/api_keys/{id}', id, settings, given),
      rotate: (id, how, given) => issue('/v1/api_keys/{id}/rotate', how, given, { id }),
      revoke: (id, why, given) => call('DELETE', '/v1/api_keys/{id}', { ...given, params: { id }, body: why }),
      import: (keys, given) => call('POST', '/v1/imports', { ...given, body: keys, repeatable: true }),
      verify,
      usage: (id, query, given) => call('GET', '/v1/api_keys/{id}/usage', { ...given, params: { id }, query }),
    },
    sessions: {
      create: (session, given) => call('POST', '/v1/sessions', { ...given, body: session }),
      list: (filter, given) => rows('/v1/sessions', filter, given),
      get: (id, given) => call('GET', '/v1/sessions/{id}', { ...given, params: { id } }),
      update: (id, settings, given) => change('/v1/sessions/{id}', id, settings, given),
      delete: (id, given) => call('DELETE', '/v1/sessions/{id}', { ...given, params: { id } }),
      createKey: (id, key, given) => issue('/v1/sessions/{id}/api_keys', key, given, { id }),
      usage: (id, query, given) => call('GET', '/v1/sessions/{id}/usage', { ...given, params: { id }, query }),
    },
    usage: (query, given) => call('GET', '/v1/usage', { ...given, query }),
    // The key spends of its own limits by asking.
    whoami: (query, given) => call('GET', '/v1/whoami', { ...given, query, repeatable: false }),
    request: (method, path, ...[given]) => call(method, path as string, given as Untyped | undefined),
  };
}

/** Without what is undefined: it would stand in the place of a default. */
function defined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}

export type { Demand };
