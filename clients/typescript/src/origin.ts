// For origins behind the gateway: checks that a request comes from it and was not touched since, and tells whose it is
// (docs/GATEWAY.md). The signature is that of RFC 9421 with `hmac-sha256`; WebCrypto is all that it needs.

/** Whose request it is. Empty fields of the gateway are null. */
export interface Identity {
  keyId: string;
  sessionId: string;
  organizationId: string;
  environment: 'development' | 'staging' | 'production' | null;
  externalId: string | null;
  /** The name of the request, as the client was told it. */
  requestId: string;
}

export interface Incoming {
  method: string;
  /** The path with its query, or a whole URL: `request.url` is right for a `Request` and for Node's. */
  url: string;
  /** A `Headers`, or Node's object of headers. */
  headers: Headers | Record<string, string | string[] | undefined>;
}

export interface OriginOptions {
  /** The secret of the route, `gwsec_…`; several while one is replaced. */
  secrets: string | string[];
  /** What time it is (ms). */
  now?: () => number;
  /** How far (s) the clocks may be apart. */
  toleranceSeconds?: number;
}

const TAG = 'latchkey-gateway';
const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' };
/** What has to be signed; anything less, and something that matters could be changed. */
const COVERED = [
  '@method', '@path', '@query', 'latchkey-request-id', 'latchkey-key-id', 'latchkey-session-id', 'latchkey-organization-id', 'latchkey-environment',
  'latchkey-external-id',
];

/**
 * Whose request it is; null unless the gateway has signed it with one of the secrets, lately.
 *
 * ```ts
 * const whoami = originVerifier({ secrets: process.env.GATEWAY_SECRET! });
 * const identity = await whoami(request);
 * ```
 */
export function originVerifier({ secrets, now = Date.now, toleranceSeconds = 5 }: OriginOptions): (request: Incoming) => Promise<Identity | null> {
  const keys = [secrets].flat().map((secret) => {
    const [, encoded] = /^gwsec_([0-9A-Za-z+/]+=*)$/.exec(secret) ?? [];
    if (encoded === undefined) throw new TypeError('a secret of a route begins with gwsec_');
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return crypto.subtle.importKey('raw', bytes, ALGORITHM, false, ['verify']);
  });
  if (keys.length === 0) throw new TypeError('a secret is needed');
  return async (request) => {
    const field = reader(request.headers);
    const signatures = new Map(members(field('signature') ?? ''));
    for (const [label, input] of members(field('signature-input') ?? '')) {
      const signature = /^:([0-9A-Za-z+/]+=*):$/.exec(signatures.get(label) ?? '')?.[1];
      const [, list = '', parameters = ''] = /^\(([^()]*)\)(.*)$/.exec(input) ?? [];
      if (signature === undefined || !isTimely(parameters, now() / 1_000, toleranceSeconds)) continue;
      const base = baseOf(request, field, list, input);
      if (base === null) continue;
      const bytes = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
      for (const key of keys) {
        if (await crypto.subtle.verify('HMAC', await key, bytes, new TextEncoder().encode(base))) return identity(field);
      }
    }
    return null;
  };
}

type Field = (name: string) => string | null;

/** A field that is there twice is worth nothing: whose word would count? */
function reader(headers: Incoming['headers']): Field {
  if (headers instanceof Headers) return (name) => headers.get(name);
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' ? value.trim() : null;
  };
}

/** The members of a dictionary of structured fields, as the gateway writes them: no commas outside of quotes. */
function members(text: string): [string, string][] {
  const found: [string, string][] = [];
  for (const [, name, value] of text.matchAll(/([a-z][a-z0-9_.*-]*)=((?:"[^"]*"|[^",])*)/g)) found.push([name!, value!.trim()]);
  return found;
}

function isTimely(parameters: string, now: number, tolerance: number): boolean {
  const number = (name: string) => Number(new RegExp(`;${name}=(\\d{1,12})(?=;|$)`).exec(parameters)?.[1] ?? NaN);
  const text = (name: string) => new RegExp(`;${name}="([^"]*)"(?=;|$)`).exec(parameters)?.[1];
  const [created, expires] = [number('created'), number('expires')];
  return text('alg') === 'hmac-sha256' && text('tag') === TAG && created <= now + tolerance && expires > now - tolerance;
}

/** The signature base (RFC 9421 section 2.5); null if something is not covered that has to be, or is not there. */
function baseOf({ method, url }: Incoming, field: Field, list: string, input: string): string | null {
  const names = list.split(' ').map((name) => /^"([@a-z0-9-]+)"$/.exec(name)?.[1]);
  if (new Set(names).size !== names.length || !COVERED.every((name) => names.includes(name))) return null;
  // As it was sent: a parser of URLs would tidy up.
  const [path = '/', query] = splitOnce(url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, ''), '?');
  const lines: string[] = [];
  for (const name of names) {
    let value: string | null | undefined;
    if (name === '@method') value = method;
    else if (name === '@path') value = path || '/';
    else if (name === '@query') value = `?${query ?? ''}`;
    else if (name !== undefined && !name.startsWith('@')) value = field(name);
    if (value === null || value === undefined) return null;
    lines.push(`"${name}": ${value}`);
  }
  return [...lines, `"@signature-params": ${input}`].join('\n');
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const place = text.indexOf(at);
  return place < 0 ? [text, undefined] : [text.slice(0, place), text.slice(place + 1)];
}

function identity(field: Field): Identity {
  const text = (name: string) => field(`latchkey-${name}`) || null;
  const external = text('external-id');
  return {
    keyId: text('key-id') ?? '',
    sessionId: text('session-id') ?? '',
    organizationId: text('organization-id') ?? '',
    environment: text('environment') as Identity['environment'],
    externalId: external === null ? null : decodeURIComponent(external),
    requestId: text('request-id') ?? '',
  };
}
