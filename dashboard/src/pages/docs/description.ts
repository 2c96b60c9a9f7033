// The description of the API (openapi.json) as the reference shows it: operations in groups, and schemas that are looked up
// by name. Without a browser: what writes llms.txt reads it too.

/** A JSON Schema, as far as the description uses it. */
export interface SchemaObject {
  $ref?: string;
  type?: string | readonly string[];
  description?: string;
  properties?: Record<string, SchemaObject>;
  required?: readonly string[];
  items?: SchemaObject;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  examples?: readonly unknown[];
  anyOf?: readonly SchemaObject[];
  oneOf?: readonly SchemaObject[];
  not?: SchemaObject;
  additionalProperties?: boolean | SchemaObject;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
}

interface RawParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description?: string;
  required?: boolean;
  schema: SchemaObject;
}

interface RawAnswer {
  $ref?: string;
  description?: string;
  content?: Record<string, { schema: SchemaObject }>;
  headers?: Record<string, { $ref?: string; description?: string }>;
}

interface RawOperation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: readonly string[];
  parameters?: readonly RawParameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: SchemaObject }> };
  responses: Record<string, RawAnswer>;
  security?: readonly Record<string, readonly string[]>[];
}

/** openapi.json itself. */
export interface Description {
  info: { title: string; version: string; summary?: string; description?: string };
  tags?: readonly { name: string; description?: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components: {
    schemas: Record<string, SchemaObject>;
    responses?: Record<string, RawAnswer>;
    headers?: Record<string, { description?: string }>;
  };
}

export type Parameter = RawParameter;

/** An answer that is a success. */
export interface Answer {
  status: string;
  text: string;
  /** Null if there is no body. */
  type: string | null;
  schema: SchemaObject | null;
  headers: readonly { name: string; text: string }[];
}

/** A way in which an operation refuses. */
export interface Refusal {
  status: string;
  code: string;
  meaning: string;
}

/** What has to be presented: a key with a permission, a member's token with a role, the operator's token, or nothing. */
export interface Credential {
  kind: 'key' | 'person' | 'operator' | 'none';
  /** The permission of a key or the role of a member; null where any will do. */
  needs: string | null;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  summary: string;
  text: string;
  tag: string;
  parameters: readonly Parameter[];
  body: { schema: SchemaObject; required: boolean } | null;
  answers: readonly Answer[];
  refusals: readonly Refusal[];
  credential: Credential;
  /** The same for the other kind of caller: below `/organizations/{organizationId}` what `/v1` has for keys. */
  twin: string | null;
}

export interface Group {
  name: string;
  text: string;
  operations: readonly Operation[];
}

export interface Reference {
  info: Description['info'];
  schemas: Description['components']['schemas'];
  groups: readonly Group[];
  operations: ReadonlyMap<string, Operation>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const MEMBER = /AsMember$/;
const last = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

/** Puts the description in the order in which it is read. */
export function readDescription(description: Description): Reference {
  const operations = new Map<string, Operation>();
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of METHODS) {
      const raw = item[method];
      if (raw) operations.set(raw.operationId, operation(description, method.toUpperCase(), path, raw));
    }
  }
  for (const one of operations.values()) {
    const other = MEMBER.test(one.id) ? one.id.replace(MEMBER, '') : `${one.id}AsMember`;
    if (operations.has(other)) one.twin = other;
  }
  const all = [...operations.values()];
  const groups = (description.tags ?? []).map(({ name, description: text = '' }) => ({
    name,
    text,
    // What a key does, then what only people do.
    operations: all.filter(({ tag }) => tag === name).sort((a, b) => Number(b.path.startsWith('/v1')) - Number(a.path.startsWith('/v1'))),
  }));
  return { info: description.info, schemas: description.components.schemas, groups: groups.filter((group) => group.operations.length > 0), operations };
}

function operation({ components }: Description, method: string, path: string, raw: RawOperation): Operation {
  const answers: Answer[] = [];
  const refusals: Refusal[] = [];
  for (const [status, either] of Object.entries(raw.responses)) {
    const answer = either.$ref ? (components.responses?.[last(either.$ref)] ?? {}) : either;
    if (!status.startsWith('2')) {
      for (const line of (answer.description ?? '').split('\n')) {
        const [, code, meaning] = /^`([a-z_]+)`: (.*)$/.exec(line) ?? [];
        if (code) refusals.push({ status, code, meaning: meaning ?? '' });
      }
      continue;
    }
    const [type = null] = Object.keys(answer.content ?? {});
    const headers = Object.entries(answer.headers ?? {}).map(([name, header]) => ({ name, text: (header.$ref ? components.headers?.[last(header.$ref)] : header)?.description ?? '' }));
    answers.push({ status, text: answer.description ?? '', type, schema: type ? answer.content![type]!.schema : null, headers });
  }
  const body = raw.requestBody?.content['application/json'];
  return {
    id: raw.operationId,
    method,
    path,
    summary: raw.summary ?? raw.operationId,
    text: raw.description ?? '',
    tag: raw.tags?.[0] ?? '',
    parameters: raw.parameters ?? [],
    body: body ? { schema: body.schema, required: raw.requestBody?.required ?? false } : null,
    answers,
    refusals,
    credential: credential(raw.security ?? []),
    twin: null,
  };
}

function credential(ways: readonly Record<string, readonly string[]>[]): Credential {
  for (const [scheme, kind] of [['bearer', 'key'], ['accessToken', 'person'], ['operator', 'operator']] as const) {
    const way = ways.find((one) => one[scheme]);
    if (way) return { kind, needs: way[scheme]?.[0] ?? null };
  }
  return { kind: 'none', needs: null };
}

/** A schema without the detours of `$ref` and "or null". */
export interface Shape {
  core: SchemaObject;
  /** What it is called in the description, if it has a name there. */
  name: string | null;
  nullable: boolean;
  text: string;
}

export function shapeOf(schema: SchemaObject, schemas: Reference['schemas']): Shape {
  let core = schema;
  let name: string | null = null;
  let nullable = false;
  let text = schema.description ?? '';
  for (;;) {
    const others = core.anyOf?.filter(({ type }) => type !== 'null');
    if (core.$ref) {
      name = last(core.$ref);
      core = schemas[name] ?? {};
      text ||= core.description ?? '';
    } else if (core.anyOf && others?.length === 1 && others.length < core.anyOf.length) {
      nullable = true;
      core = others[0]!;
    } else break;
  }
  if (typesOf(core).includes('null')) nullable = true;
  return { core, name, nullable, text };
}

/** The types that a schema allows, null among them. */
export const typesOf = ({ type }: SchemaObject): readonly string[] => (type === undefined ? [] : typeof type === 'string' ? [type] : type);

/** A type in a few words: `array of ApiKey`, `string (date-time)`. */
export function typeName(schema: SchemaObject, schemas: Reference['schemas']): string {
  const { core, name } = shapeOf(schema, schemas);
  const [type] = typesOf(core).filter((one) => one !== 'null');
  if (core.anyOf) return core.anyOf.map((one) => typeName(one, schemas)).join(' or ');
  if (type === 'array') return core.items ? `array of ${typeName(core.items, schemas)}` : 'array';
  if (type === 'object') return name ?? 'object';
  if (name && core.enum === undefined) return name;
  if (type === undefined) return core.const === undefined ? 'anything' : JSON.stringify(core.const);
  return core.format ? `${type} (${core.format})` : type;
}

/** What properties have to do with each other: that exactly one of them is sent, or not both. */
export function rulesOf(core: SchemaObject): string[] {
  const named = (one: SchemaObject) => (one.required ?? []).map((name) => `\`${name}\``).join(' and ');
  const rules: string[] = [];
  if (core.oneOf) rules.push(`Exactly one of ${core.oneOf.map(named).join(', ')}.`);
  for (const not of core.not ? (core.not.anyOf ?? [core.not]) : []) if (not.required) rules.push(`Not ${named(not)} together.`);
  return rules;
}
