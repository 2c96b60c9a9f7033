// Starts the built worker in the real runtime (workerd) with KV, Durable Objects and the rate limiter of wrangler.toml,
// in about half a second. As many at once as a spec likes, each with its own variables and its own state.
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { manifest, workerConfig, workerName } from '../../../scripts/lib/worker-config.mjs';
import { filesBelow, recordSecret, runDirectory } from './canary.ts';
import { Client, type Reply, type RequestOptions } from './client.ts';
import { faultyFiles, type Faults } from './faults.ts';

export type { Reply } from './client.ts';

export interface StartOptions {
  /** Variables and secrets beside those of wrangler.toml and `SPEC_VARS`; `undefined` takes one away. */
  vars?: Record<string, string | undefined>;
  /** State to go on with; a fresh directory without it. */
  persistDir?: string;
  /**
   * `release`: the release build. `deploy`: the same after wasm-opt, as `npm run deploy -- --dry-run` has just built it.
   * `panic`: with the route that panics (cargo feature `panic-route`), never shipped.
   */
  build?: keyof typeof BUILDS;
  /** Failed authentications per minute and address. Out of the way unless a spec is about it. */
  authFailureLimit?: number;
  /** Attempts to sign in or to register, likewise. */
  signInLimit?: number;
  /** With the dashboard, and before the worker those two of the platform that serve static assets. */
  dashboard?: boolean;
  /** Workers beside it in the same account: each is one module, and may be bound to others by name. */
  beside?: { name: string; source: string; env: Record<string, any> }[];
  /** With a clock that the header `x-demo-clock` moves: for pictures, not for tests. */
  movedClock?: boolean;
  /** In a world that fails on command (faults.ts): these faults from the start, and again after each restart. */
  faulty?: Faults;
  /** With one rule broken, so that a test can be seen red: a name in tests/proof/support/fronts/broken.js. */
  broken?: string;
}

/** As `npm start` has it: anybody may register, and owners choose their plan. */
// Every request leaves a line: none of them may have a secret in it.
const SPEC_VARS = { REGISTRATION: 'open', PLAN_CHANGES: 'owner', LOG_REQUESTS: 'all' };

/** The one cookie of the service. */
export const COOKIE = '__Host-latchkey';

export interface Registered {
  email: string;
  password: string;
  accessToken: string;
  expiresAt: string;
  user: any;
  /** Null for who came by invitation, like `apiKey`. */
  organization: any;
  /** The record of its first key, with `key`. */
  apiKey: any;
  organizations: any[];
}

/** An address that nobody has. */
export const newEmail = () => `person-${randomBytes(6).toString('hex')}@example.com`;
/** A password that no canary takes for anything else. */
export const newPassword = () => randomBytes(12).toString('base64url');

const BUILDS = { release: '.e2e/worker', deploy: '.wrangler/deploy', panic: '.e2e/worker-panic' };

/** Starts an instance that ends with the spec file, if not before. */
export async function startLatchkey(options: StartOptions = {}): Promise<Latchkey> {
  const latchkey = new Latchkey(options);
  after(() => latchkey.stop());
  await latchkey.restart();
  return latchkey;
}

/** The build behind tests/browser/support/moved_clock.js. */
function withMovedClock(directory: string): ReturnType<typeof manifest> {
  const built = manifest(directory);
  const contents = readFileSync(join(import.meta.dirname, '../../browser/support/moved_clock.js'), 'utf8');
  return { ...built, mainModule: 'moved_clock.js', modules: { ...built.modules, 'moved_clock.js': { type: 'esm', contents } } } as typeof built;
}

/** The build behind faulty.js. */
function withFaults(directory: string): ReturnType<typeof manifest> {
  const built = manifest(directory);
  const files = faultyFiles();
  const shim = Object.fromEntries(files.map(({ name, contents }) => [name, { type: 'esm', contents }]));
  return { ...built, mainModule: files[0]!.name, modules: { ...built.modules, ...shim } } as typeof built;
}

/** A build, or what stands in front of it, behind tests/proof/support/fronts/broken.js. */
function withBreak(built: ReturnType<typeof manifest>): ReturnType<typeof manifest> {
  const contents = readFileSync(join(import.meta.dirname, '../../proof/support/fronts/broken.js'), 'utf8').replaceAll("'./next.js'", `'./${built.mainModule}'`);
  return { ...built, mainModule: 'broken.js', modules: { ...built.modules, 'broken.js': { type: 'esm', contents } } } as typeof built;
}

export class Latchkey {
  readonly operatorToken = `operator_${randomBytes(24).toString('base64url')}`;
  readonly rootSecret = randomBytes(32).toString('hex');
  readonly persistDir: string;
  private readonly options: StartOptions;
  private readonly lines: string[] = [];
  private miniflare: Miniflare | undefined;
  private origin = '';

  constructor(options: StartOptions) {
    this.options = options;
    mkdirSync(join(runDirectory, 'state'), { recursive: true });
    mkdirSync(join(runDirectory, 'logs'), { recursive: true });
    this.persistDir = options.persistDir ?? mkdtempSync(join(runDirectory, 'state', 'store-'));
    recordSecret(this.operatorToken.slice('operator_'.length));
    recordSecret(this.rootSecret);
  }

  /** Where it answers, without a trailing slash. Changes with every restart. */
  get url(): string {
    return this.origin;
  }

  /** Where a worker beside it answers. */
  async urlOf(name: string): Promise<string> {
    return (await this.running.unsafeGetDirectURL(name)).origin;
  }

  /** A client without credentials. */
  get anyone(): Client {
    return new Client(() => this.origin);
  }

  /** A client that presents a key as `Authorization: Bearer`. */
  api(key: string): Client {
    return new Client(() => this.origin, { authorization: `Bearer ${key}` });
  }

  get operator(): Client {
    return this.api(this.operatorToken);
  }

  /** A client of somebody who is signed in, with the access token as `Authorization: Bearer`. */
  person(accessToken: string): Client {
    return this.api(accessToken);
  }

  /** A page of the service's own origin, with the access token as the cookie; without one, before signing in. */
  browser(accessToken?: string): Client {
    return new Client(() => this.origin, (origin) => ({
      origin,
      'sec-fetch-site': 'same-origin',
      'x-requested-with': 'fetch',
      cookie: accessToken && `${COOKIE}=${accessToken}`,
    }));
  }

  fetch(path: string, { method = 'GET', ...options }: RequestOptions & { method?: string } = {}): Promise<Reply> {
    return this.anyone.send(method, path, options);
  }

  /** A new organization with its first key. */
  async createOrganization(name = 'Example organization'): Promise<{ organization: any; apiKey: any; key: string }> {
    const { status, body, text } = await this.operator.post('/operator/organizations', { name });
    if (status !== 201) throw new Error(`POST /operator/organizations answered ${status}: ${text}`);
    return { ...body, key: body.apiKey.key };
  }

  /** A new account; the answer to its registration, with the e-mail address and the password. */
  async register(fields: Record<string, unknown> = {}): Promise<Registered> {
    const person = { email: newEmail(), password: newPassword(), firstName: 'Ada', lastName: 'Lovelace', ...fields };
    const { status, body, text } = await this.anyone.post('/auth/register', person);
    if (status !== 201) throw new Error(`POST /auth/register answered ${status}: ${text}`);
    return { ...body, email: person.email, password: person.password };
  }

  /** What the worker wrote to its log so far. */
  logs(): string[] {
    return [...this.lines];
  }

  /** The stored KV entries, behind the worker's back. */
  async kv() {
    // Its type comes from a package that is not installed.
    const namespace: any = await this.running.getKVNamespace('KEYS', workerName);
    return {
      names: async () => (await namespace.list()).keys.map(({ name }: { name: string }) => name),
      get: (name: string): Promise<string | null> => namespace.get(name),
      put: (name: string, value: string): Promise<void> => namespace.put(name, value),
      delete: (name: string): Promise<void> => namespace.delete(name),
      empty: async () => {
        for (const { name } of (await namespace.list()).keys) await namespace.delete(name);
      },
    };
  }

  /** The database files of the Durable Objects, one for each object that ever existed; optionally of one class. */
  sqliteFiles(className = ''): string[] {
    const isObject = new RegExp(`-${className}[^/\\\\]*[/\\\\][0-9a-f]{64}\\.sqlite$`);
    return filesBelow(join(this.persistDir, 'do')).filter((file) => isObject.test(file));
  }

  /** Ends the runtime. workerd knows no other end than SIGKILL: what was not committed by now is lost. */
  async stop(): Promise<void> {
    const miniflare = this.miniflare;
    this.miniflare = undefined;
    await miniflare?.dispose();
  }

  /** The same, named for specs that mean it: the process is gone in the middle of whatever it did. */
  kill(): Promise<void> {
    return this.stop();
  }

  /** Starts (again) on the same state. */
  async restart(): Promise<void> {
    await this.stop();
    this.miniflare = new Miniflare(await this.runtimeOptions());
    const entry = await this.miniflare.ready;
    // Straight to the worker: Miniflare's own entry is a worker in front of it that rewrites requests and costs time.
    this.origin = (this.options.dashboard ? entry : await this.miniflare.unsafeGetDirectURL(workerName)).origin;
  }

  private get running(): Miniflare {
    if (!this.miniflare) throw new Error('Latchkey is not running');
    return this.miniflare;
  }

  private async runtimeOptions(): Promise<ConstructorParameters<typeof Miniflare>[0]> {
    const { build = 'release', vars = {}, dashboard = false, movedClock = false, faulty, broken = process.env.LATCHKEY_BREAK, beside = [], authFailureLimit = 1_000_000, signInLimit = 1_000_000 } = this.options;
    const directory = BUILDS[build];
    if (!existsSync(join(import.meta.dirname, '../../..', directory, 'index.js'))) throw new Error(`${directory} is missing: run npm run test:e2e`);
    const { compatibilityDate, env, exports, assets } = await workerConfig();
    const digest = createHash('sha256').update(this.operatorToken).digest('hex');
    const whole = movedClock ? withMovedClock(directory) : faulty ? withFaults(directory) : manifest(directory);
    const built = broken ? withBreak(whole) : whole;
    const text = { ...SPEC_VARS, ...(faulty && { FAULTS: JSON.stringify(faulty) }), ...(broken && { BREAK: broken }), ROOT_SECRETS: this.rootSecret, OPERATOR_TOKEN_SHA256: digest, ...vars };
    const limiter = (name: string, limit: number) => ({ ...env[name], simple: { limit, period: 60 } });
    const bindings: Record<string, any> = {
      ...env,
      AUTH_FAILURES: limiter('AUTH_FAILURES', authFailureLimit),
      SIGN_INS: limiter('SIGN_INS', signInLimit),
      ...(dashboard ? { ASSETS: { type: 'assets' } } : {}),
    };
    for (const [name, value] of Object.entries(text)) {
      if (value === undefined) delete bindings[name];
      else bindings[name] = { type: 'text', value };
    }
    return {
      cf: false,
      host: '127.0.0.1',
      port: 0,
      log: new Log(LogLevel.ERROR),
      telemetry: { enabled: false },
      // It would be told of other runs, and tell them, in the home directory.
      enableDevRegistry: false,
      resourcePersistencePath: this.persistDir,
      handleStructuredLogs: ({ level, message }: { level: string; message: string }) => this.keep(`${level} ${message}`),
      workers: [{
        config: { name: workerName, compatibilityDate, env: bindings, exports, manifest: built, ...(dashboard ? { assets } : {}) },
        dev: { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
      }, ...beside.map(({ name, source, env: bound }) => ({
        config: { name, compatibilityDate, env: bound, manifest: { mainModule: 'index.js', modulesRoot: built.modulesRoot, modules: { 'index.js': { type: 'esm' as const, contents: source } } } },
        dev: { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
      }))],
    };
  }

  private keep(line: string): void {
    this.lines.push(line);
    appendFileSync(join(runDirectory, 'logs', `${process.pid}.log`), `${line}\n`);
  }
}
