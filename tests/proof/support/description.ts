// Answers held against docs/openapi.json, by the part of JSON Schema that it uses. Objects are closed, except where the
// description says otherwise: a member that it does not show is a failure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawReply, RawRequest } from './raw.ts';

export const description: any = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8'));

/** What stands behind a `$ref`. */
export function resolved(value: any): any {
  let found = value;
  while (found?.$ref) found = found.$ref.slice(2).split('/').reduce((at: any, name: string) => at[name.replaceAll('~1', '/')], description);
  return found;
}

/** The first thing in a value that a schema does not allow, or nothing. */
export function violation(given: any, value: any, at = ''): string | undefined {
  const schema = resolved(given);
  if (schema === undefined || schema === true) return undefined;
  if (schema.enum && !schema.enum.some((one: unknown) => one === value)) return `${at}: not one of ${JSON.stringify(schema.enum)}`;
  if ('const' in schema && schema.const !== value) return `${at}: not ${JSON.stringify(schema.const)}`;
  if (schema.anyOf && schema.anyOf.every((one: any) => violation(one, value, at))) return `${at}: none of the choices (${violation(schema.anyOf[0], value, at)})`;
  if (schema.oneOf && schema.oneOf.filter((one: any) => !violation(one, value, at)).length !== 1) return `${at}: not exactly one of the choices`;
  if (schema.not && !violation(schema.not, value, at)) return `${at}: what must not be`;
  const kinds = [schema.type ?? []].flat();
  if (kinds.length > 0 && !kinds.some((kind: string) => is(kind, value))) return `${at}: not ${kinds.join(' or ')} but ${JSON.stringify(value)?.slice(0, 80)}`;
  if (typeof value === 'string') return inText(schema, value, at);
  if (typeof value === 'number' && (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))) return `${at}: ${value} is out of range`;
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)) return `${at}: ${value.length} items`;
    return schema.items && first(value, (item, index) => violation(schema.items, item, `${at}/${index}`));
  }
  if (value !== null && typeof value === 'object') return inObject(schema, value, at);
  return undefined;
}

function is(kind: string, value: unknown): boolean {
  switch (kind) {
    case 'null': return value === null;
    case 'array': return Array.isArray(value);
    case 'object': return value !== null && typeof value === 'object' && !Array.isArray(value);
    case 'integer': return Number.isInteger(value);
    default: return typeof value === kind;
  }
}

function inText(schema: any, value: string, at: string): string | undefined {
  const length = [...value].length;
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? Infinity)) return `${at}: ${length} characters`;
  if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) return `${at}: ${value} does not match ${schema.pattern}`;
  if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) return `${at}: ${value} is no moment`;
  return undefined;
}

function inObject(schema: any, value: any, at: string): string | undefined {
  const names = Object.keys(value);
  const missing = (schema.required ?? []).find((name: string) => !(name in value));
  if (missing) return `${at}: no ${missing}`;
  if (names.length < (schema.minProperties ?? 0) || names.length > (schema.maxProperties ?? Infinity)) return `${at}: ${names.length} members`;
  return first(names, (name) => {
    const known = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const wrong = schema.propertyNames && violation(schema.propertyNames, name, `${at}/${name}`);
    if (wrong) return wrong;
    if (known) return violation(known, value[name], `${at}/${name}`);
    if (schema.type && schema.properties && !schema.additionalProperties) return `${at}/${name}: is not shown`;
    return typeof schema.additionalProperties === 'object' ? violation(schema.additionalProperties, value[name], `${at}/${name}`) : undefined;
  });
}

function first<T>(all: T[], test: (one: T, index: number) => string | undefined): string | undefined {
  for (const [index, one] of all.entries()) {
    const found = test(one, index);
    if (found) return found;
  }
  return undefined;
}

/** The operation that a request is for. */
export function operationOf(method: string, target: string): any {
  const path = target.split('?')[0]!;
  const pieces = path.split('/');
  const template = Object.keys(description.paths).find((one) => {
    const theirs = one.split('/');
    return theirs.length === pieces.length && theirs.every((piece, at) => piece === pieces[at] || (piece.startsWith('{') && pieces[at] !== ''));
  });
  return template && description.paths[template][method.toLowerCase()];
}

export interface Secrets {
  /** Sent only where they belong; never in any answer. */
  secrets: string[];
  /** A real key that stands where no key belongs; in no refusal. */
  bait: string;
}

/** GitHub's list of keys and the DNS are out of reach here: whoever needs them is told to come again. */
const OUTSIDE = /^\/v1\/leaks\/github$|\/domains\/\{id\}\/verify$/;

/** The part of a secret that nothing else has. */
const part = (secret: string) => secret.split('_').sort((one, other) => other.length - one.length)[0]!.slice(0, 20);

/** What has to be true of every answer. */
export class Judge {
  /** The part of each secret that nothing else has. */
  readonly parts: string[] = [];
  private own: string[] = [];
  private readonly bait: string;

  constructor({ secrets, bait }: Secrets) {
    this.bait = part(bait);
    this.parts.push(this.bait);
    this.watch(secrets);
  }

  /** Further secrets; those of the last few are looked for in answers, and all of them in the log. */
  watch(secrets: string[]): void {
    const parts = secrets.map(part);
    this.own = [...this.own, ...parts].slice(-24);
    this.parts.push(...parts);
  }

  /** A secret in what came back, or nothing. */
  echo(status: number, text: string): string | undefined {
    const found = this.own.find((secret) => text.includes(secret)) ?? (status >= 400 && text.includes(this.bait) ? this.bait : undefined);
    return found && `a secret comes back: ${found}`;
  }

  judge({ method, target, path }: RawRequest, reply: RawReply): string | undefined {
    const { status, headers, text } = reply;
    if (status >= 500 && !(status === 503 && OUTSIDE.test(path ?? ''))) return `${status} ${text}`;
    for (const [name, value] of [['cache-control', 'no-store'], ['x-content-type-options', 'nosniff'], ['referrer-policy', 'no-referrer']] as const) {
      if (headers.get(name) !== value) return `${name}: ${headers.get(name)}`;
    }
    const id = headers.get('x-request-id') ?? '';
    if (!/^req_[0-9A-Za-z]{22}$/.test(id)) return `x-request-id: ${id}`;
    if (headers.has('x-injected')) return 'a header of the client comes back';
    const echoed = this.echo(status, text + [...headers].flat().join('\n'));
    if (echoed) return echoed;
    if (method === 'HEAD') return text === '' ? undefined : 'a body for HEAD';
    const operation = operationOf(method, target);
    const documented = resolved(operation?.responses[status]) ?? (status >= 400 ? { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } }, 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } } : undefined);
    if (operation && !operation.responses[status] && status !== 405) return `undocumented status ${status}`;
    if (!documented) return `undocumented: ${status}`;
    const type = headers.get('content-type') ?? '';
    if (!documented.content) return text === '' ? undefined : 'a body where none is shown';
    if (!documented.content[type]) return `undocumented content type ${type}`;
    const isText = ['application/x-ndjson', 'application/toml'].includes(type);
    let body: any = text;
    if (!isText) {
      try {
        body = JSON.parse(text);
      } catch {
        return 'a body that is no JSON';
      }
    }
    const wrong = violation(documented.content[type].schema, body);
    if (wrong) return wrong;
    if (status >= 400 && body.details.requestId !== id) return 'another request id in the body';
    const codes: string[] | undefined = operation && documented['x-codes'];
    return codes && !codes.includes(body.code) && !(status === 404 && body.code === 'not_found') ? `undocumented code ${body.code}` : undefined;
  }
}
