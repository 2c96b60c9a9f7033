// Requests as the description has them, and what is done to them so that they are not right any more.
import { description, resolved } from './description.ts';
import { odd, oddText, oddValue } from './odd.ts';
import type { RawRequest } from './raw.ts';

/** Chance that can be repeated (SplitMix32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let mixed = this.state ^ (this.state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  below = (bound: number) => this.next() % Math.max(bound, 1);
  percent = (chance: number) => this.below(100) < chance;
  pick = <T>(all: readonly T[]): T => all[this.below(all.length)]!;
  word = (length: number) => Array.from({ length }, () => '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'[this.below(62)]).join('');
}

export interface Who {
  root: string;
  rootOrganization: string;
  operator: string;
  person: { accessToken: string; email: string; password: string; user: any; organization: any };
  bait: string;
  /** Ids that are to come to no harm. */
  spared: string[];
}

interface Operation {
  method: string;
  path: string;
  described: any;
}

export type Made = RawRequest & { operation: string };

/** A piece of JSON as it is written: only so can a member stand there twice. */
type Node = string | Node[] | { members: [string, Node][] };

const PREFIXES: Record<string, string> = {
  ApiKeyId: 'key', SessionId: 'ses', OrganizationId: 'org', UserId: 'usr', AlertId: 'alr', DomainId: 'dom', InvitationId: 'inv', SignInId: 'sgn', WebhookEndpointId: 'whe', WebhookDeliveryId: 'dlv', GatewayRouteId: 'gwr',
};
/** What would end the account, the organization or the keys that everything else is done with. */
const ENDS = /\/(suspend|transfer|logout|password|revoke|rotate)$/;
/** Passwords are made to be slow. */
const SLOW = /^\/auth\/(login|register|password|totp$|totp\/recovery)/;
const KEPT = 32;

export class Maker {
  /** As whom it asks: what is asked may end that, so others come in between. */
  who: Who;
  private readonly wheel: Operation[] = [];
  private readonly ids = new Map<string, string[]>();
  private readonly cursors: string[] = [];
  private readonly keys: string[] = [];
  private readonly tokens: string[] = [];

  constructor(who: Who) {
    this.who = who;
    for (const [path, item] of Object.entries<any>(description.paths)) {
      for (const [method, described] of Object.entries<any>(item)) {
        const operation = { method: method.toUpperCase(), path, described };
        for (let n = SLOW.test(path) ? 1 : 8; n > 0; n--) this.wheel.push(operation);
      }
    }
  }

  /** Ids, cursors and keys in an answer. */
  learn(text: string): void {
    for (const [id, prefix] of text.matchAll(/\b([a-z]{3})_[0-9A-Za-z]{19,31}\b/g)) {
      if (this.who.spared.includes(id)) continue;
      if (!this.ids.has(prefix!)) this.ids.set(prefix!, []);
      keep(this.ids.get(prefix!)!, id);
    }
    for (const [, name, value] of text.matchAll(/"(nextCursor|key|token|accessToken)":"([^"]+)"/g)) keep(name === 'nextCursor' ? this.cursors : name === 'key' ? this.keys : this.tokens, value!);
  }

  request(random: Random): Made {
    const operation = random.pick(this.wheel);
    const draft = this.draft(operation, random);
    if (random.percent(65)) for (let n = 1 + random.below(3); n > 0; n--) this.spoil(draft, random);
    const query = draft.query.map(([name, value]) => `${name}=${value}`).join('&');
    const target = `/${draft.path.join('/')}${query && '?'}${query}`;
    const body = draft.bytes ?? (draft.node === undefined ? undefined : Buffer.from(written(draft.node)));
    return { method: draft.method, target, headers: draft.headers, body, chunked: body !== undefined && random.percent(15), path: operation.path, operation: `${operation.method} ${operation.path}` };
  }

  private draft({ method, path, described }: Operation, random: Random) {
    const isFinal = method === 'DELETE' || ENDS.test(path);
    const query: [string, string][] = [];
    const headers: [string, string | Buffer][] = [['cf-connecting-ip', `192.0.2.${1 + random.below(250)}`]];
    let filled = path;
    for (const { name, in: where, schema } of described.parameters ?? []) {
      if (where === 'path') filled = filled.replace(`{${name}}`, this.place(path, name, schema, isFinal, random));
      else if (where === 'query' && random.percent(25)) query.push([name, encodeURIComponent(plain(this.make(schema, name, random)))]);
      else if (where === 'header' && random.percent(30)) headers.push([name, name === 'Prefer' ? 'respond-async' : random.word(16 + random.below(30))]);
    }
    const body = described.requestBody;
    const node = body && (body.required || random.percent(50)) ? this.make(body.content['application/json'].schema, '', random) : undefined;
    if (node !== undefined) headers.push(['content-type', 'application/json']);
    headers.push(...this.credential(path, described, random));
    return { method, path: filled.split('/').slice(1), query, headers, node, bytes: undefined as Buffer | undefined };
  }

  private place(path: string, name: string, schema: any, isFinal: boolean, random: Random): string {
    const { person, rootOrganization } = this.who;
    if (name === 'organizationId') return isFinal && path === '/organizations/{organizationId}' ? this.id('org', random) : person.organization.id;
    if (name === 'id' && path.startsWith('/operator') && !isFinal) return rootOrganization;
    const value = plain(this.make(schema, name, random));
    const own = [person.organization.id, person.user.id, rootOrganization];
    return isFinal && own.includes(value) ? `org_${random.word(19)}` : value;
  }

  private credential(path: string, described: any, random: Random): [string, string][] {
    const { root, operator, person } = this.who;
    const scheme = Object.keys(described.security?.[0] ?? {})[0];
    const bearer = (token: string): [string, string] => ['authorization', `Bearer ${token}`];
    if (!scheme) return path === '/v1/leaks/github' ? [['github-public-key-identifier', 'k1'], ['github-public-key-signature', 'MEUCIQ==']] : [];
    if (scheme === 'operator') return [bearer(operator)];
    if (scheme === 'accessToken') {
      // What would end the sign-in is asked with a token that was given out on the way.
      if (path.startsWith('/auth') && ENDS.test(path)) return [bearer(this.tokens.length > 0 ? random.pick(this.tokens) : 'none')];
      if (random.percent(75)) return [bearer(person.accessToken)];
      return [['cookie', `__Host-latchkey=${person.accessToken}`], ['origin', 'http://localhost'], ['sec-fetch-site', 'same-origin'], ['x-requested-with', 'fetch']];
    }
    const key = this.keys.length > 0 && random.percent(6) ? random.pick(this.keys) : root;
    return random.percent(75) ? [bearer(key)] : [['x-api-key', key]];
  }

  private id(prefix: string, random: Random): string {
    const known = this.ids.get(prefix);
    return known && known.length > 0 ? random.pick(known) : `${prefix}_${random.word(22)}`;
  }

  private make(given: any, name: string, random: Random): Node {
    const prefix = PREFIXES[given.$ref?.split('/').at(-1) ?? ''];
    if (prefix) return JSON.stringify(this.id(prefix, random));
    const schema = resolved(given);
    const choices = schema.properties ? undefined : schema.anyOf ?? schema.oneOf;
    if (choices) return this.make(random.pick(choices), name, random);
    if (schema.enum) return JSON.stringify(random.pick(schema.enum));
    const kinds: string[] = [schema.type ?? 'string'].flat();
    const kind = kinds.find((one) => one !== 'null');
    if (!kind || (kinds.includes('null') && random.percent(12))) return 'null';
    if (kind === 'boolean') return String(random.percent(50));
    if (kind === 'integer' || kind === 'number') {
      const [least, most] = [schema.minimum ?? 0, schema.maximum ?? 1_000_000];
      return String(random.pick([least, most, Math.min(most, least + random.below(200))]));
    }
    if (kind === 'array') return Array.from({ length: Math.max(schema.minItems ?? 0, random.below(Math.min(schema.maxItems ?? 4, 4) + 1)) }, () => this.make(schema.items, name, random));
    if (kind === 'object') return this.object(schema, random);
    return JSON.stringify(this.text(schema, name, random));
  }

  private object(schema: any, random: Random): Node {
    if (!schema.properties) return { members: random.percent(50) ? [] : [['"k"', '[1,null,"x"]']] };
    const often = random.pick([0, 15, 40]);
    const members: [string, Node][] = [];
    // One of several sets of members, of which each forbids the others.
    const choice = schema.oneOf && random.pick<any>(schema.oneOf);
    for (const [name, member] of Object.entries(schema.properties)) {
      if (choice?.properties?.[name]?.type === 'null') continue;
      if (schema.required?.includes(name) || choice?.required?.includes(name) || random.percent(often)) members.push([JSON.stringify(name), this.make(member, name, random)]);
    }
    if (members.length === 0 && schema.minProperties) {
      const [name, member] = random.pick(Object.entries(schema.properties));
      members.push([JSON.stringify(name), this.make(member, name, random)]);
    }
    return { members };
  }

  private text(schema: any, name: string, random: Random): string {
    const { person } = this.who;
    switch (name) {
      case 'sessionId': return this.id('ses', random);
      case 'keyId': case 'target': case 'subject': return this.id('key', random);
      case 'userId': return this.id('usr', random);
      case 'cursor': return this.cursors.length > 0 ? random.pick(this.cursors) : 'none';
      case 'key': return this.keys.length > 0 ? random.pick(this.keys) : 'none';
      case 'token': case 'invitation': return this.tokens.length > 0 ? random.pick(this.tokens) : 'none';
      case 'password': case 'currentPassword': case 'newPassword': return person.password;
      case 'email': return random.pick([person.email, `new-${random.word(6)}@example.com`]);
      case 'domain': return random.pick(['example.com', 'mail.example.com', 'bücher.example']);
      case 'ip': case 'ipAllowList': return random.pick(['192.0.2.1', '192.0.2.0/24', '2001:db8::/32']);
      case 'permission': case 'permissions': return random.pick(['emails:send', 'api_keys:read', '*:read', '*']);
      case 'time': return new Date().toISOString();
      case 'totp': return String(100_000 + random.below(900_000));
    }
    if (schema.format === 'date-time') return new Date(Date.now() + (random.below(9_000) - 48) * 3_600_000).toISOString();
    if (schema.format === 'uri') return `https://hooks.example.com/${random.word(4)}`;
    const [least, most] = [schema.minLength ?? 1, Math.min(schema.maxLength ?? 40, 300)];
    const word = random.word(random.pick([least, most, Math.min(most, least + random.below(20))]));
    return schema.pattern ? `a${word.toLowerCase()}` : word;
  }

  private spoil(draft: ReturnType<Maker['draft']>, random: Random): void {
    const { bait } = this.who;
    const kind = random.below(20);
    if (kind < 10 && draft.node !== undefined) draft.node = spoilt(draft.node, random, bait);
    else if (kind < 12) {
      const at = random.below(draft.path.length);
      draft.path[at] = random.pick([odd(random, bait), draft.path[at]! + odd(random, bait), draft.path[at]!.toUpperCase(), draft.path[at]!.slice(1)]).replace(/[^\x21-\x7e]/g, encodeURIComponent);
    } else if (kind < 15) {
      const name = random.pick(['limit', 'cursor', 'search', 'status', 'from', 'to', 'granularity', 'after', 'api_key', 'access_token', bait, '__proto__']);
      draft.query.push([name, odd(random, bait)]);
    } else if (kind < 18) {
      const name = random.pick(NAMES);
      const value = random.pick<string | Buffer>([...VALUES, bait, `Bearer ${bait}`, random.word(4_096), Buffer.from([0xff, 0xfe]), Buffer.from('ü🔑')]);
      if (random.percent(60)) draft.headers = draft.headers.filter(([known]) => known !== name);
      draft.headers.push([name, value]);
    } else if (kind === 18) draft.method = random.pick(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']);
    else {
      const bytes = Buffer.from(draft.node === undefined ? '{}' : written(draft.node));
      const at = random.below(bytes.length);
      if (random.percent(30)) bytes[at]! ^= 1 << random.below(8);
      draft.bytes = random.pick([bytes, bytes.subarray(0, at), Buffer.concat([Buffer.from('\ufeff'), bytes]), Buffer.concat([bytes, bytes]), Buffer.alloc(20_000, 0x20), Buffer.from('['.repeat(10_000)), Buffer.from([random.below(256), 0xff])]);
    }
  }
}

const NAMES = ['authorization', 'x-api-key', 'cookie', 'content-type', 'content-encoding', 'accept', 'idempotency-key', 'prefer', 'origin', 'sec-fetch-site', 'cf-connecting-ip', 'cf-ipcountry', 'user-agent', 'x-forwarded-for', 'x-request-id', 'github-public-key-signature', 'accept-encoding', 'x-odd'];
const VALUES = ['', 'Bearer', 'bearer x', 'Bearer  x y', 'Basic YTpi', 'Bearer x, Bearer y', 'application/json; charset=utf-16', 'text/plain', 'application/problem+json', 'garbage;;q=x,', 'gzip', 'identity', '0', '18446744073709551616', 'respond-async; wait="x', 'null', 'https://evil.example', 'cross-site', '999.1.1.1', 'XX', '__Host-latchkey=x; __Host-latchkey=y'];

function spoilt(node: Node, random: Random, bait: string): Node {
  if (typeof node === 'string' || random.percent(15)) return oddValue(random, bait);
  if (Array.isArray(node)) {
    if (node.length > 0 && random.percent(50)) return node.map((one, at) => (at === 0 ? spoilt(one, random, bait) : one));
    return Array.from({ length: random.pick([1, 2, 60, 101, 1_001]) }, () => node[0] ?? oddValue(random, bait));
  }
  const members = [...node.members];
  const at = random.below(members.length);
  const one = members[at];
  switch (random.below(7)) {
    case 0: members.push([JSON.stringify(bait), '1']); break;
    case 1: members.push([JSON.stringify(oddText(random, bait)), oddValue(random, bait)]); break;
    case 2: members.push([JSON.stringify(random.pick(['id', 'plan', 'active', 'hash', 'organizationId', 'createdAt', 'role'])), oddValue(random, bait)]); break;
    case 3: if (one) members.push([one[0].replace('a', '\\u0061'), one[1]]); break;
    case 4: members.splice(at, 1); break;
    default: if (one) members[at] = [one[0], spoilt(one[1], random, bait)];
  }
  return { members };
}

function written(node: Node): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return `[${node.map(written).join(',')}]`;
  return `{${node.members.map(([name, member]) => `${name}:${written(member)}`).join(',')}}`;
}

/** A value outside of JSON. */
function plain(node: Node): string {
  const value = JSON.parse(written(node));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function keep(all: string[], one: string): void {
  if (all.includes(one)) return;
  if (all.length === KEPT) all.splice(KEPT / 2, 1);
  all.push(one);
}
