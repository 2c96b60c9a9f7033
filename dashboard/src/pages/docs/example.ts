// Examples out of schemas, the same each time. What is secret is never made up: it stands there as `$NAME`, for a variable
// of the environment.
import { shapeOf, typesOf, type Operation, type Reference, type SchemaObject } from './description.ts';

/** What is secret, by the name of the property, and the variable to take it from. */
const SECRETS: Record<string, string> = {
  key: '$API_KEY',
  password: '$PASSWORD',
  currentPassword: '$PASSWORD',
  newPassword: '$NEW_PASSWORD',
  token: '$TOKEN',
  setupToken: '$SETUP_TOKEN',
};

const WORDS: Record<string, unknown> = {
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
  organizationName: 'Acme',
  name: 'Production server',
  domain: 'mail.example.com',
  externalId: 'customer-42',
  permission: 'emails:send',
  subject: 'server',
  search: 'server',
  reason: 'Laptop lost',
};

const FORMATS: Record<string, string> = {
  'date-time': '2030-01-01T00:00:00Z',
  'idn-email': 'ada@example.com',
  uri: 'https://example.com/path',
  ipv4: '203.0.113.7',
  ipv6: '2001:db8::7',
};

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID = /^\^([a-z]+_)\(?\[0-9A-Za-z\]\{(\d+)\}/;

/** Deeper than that nobody reads; and some schemas contain themselves. */
const DEPTH = 6;

interface Wish {
  schemas: Reference['schemas'];
  /** All properties, as an answer has them, instead of those that are required. */
  whole: boolean;
}

export function exampleOf(schema: SchemaObject, wish: Wish, name = '', depth = 0): unknown {
  const { core } = shapeOf(schema, wish.schemas);
  const given = core.examples?.[0];
  if (given !== undefined) return filled(given, wish);
  if (core.const !== undefined) return core.const;
  const [choice] = core.enum?.filter((one) => one !== null) ?? [];
  if (choice !== undefined) return choice;
  if (core.anyOf) return exampleOf(core.anyOf.at(-1)!, wish, name, depth);
  const [type] = typesOf(core).filter((one) => one !== 'null');
  switch (type) {
    case 'object': {
      if (depth >= DEPTH) return {};
      const wanted = Object.entries(core.properties ?? {}).filter(([property]) => wish.whole || core.required?.includes(property));
      return Object.fromEntries(wanted.map(([property, inner]) => [property, exampleOf(inner, wish, property, depth + 1)]));
    }
    case 'array':
      return core.items && depth < DEPTH ? [exampleOf(core.items, wish, name, depth + 1)] : [];
    case 'integer':
    case 'number':
      return core.default ?? core.minimum ?? 1;
    case 'boolean':
      return core.default ?? true;
    case 'string':
      return text(core, name, wish);
    default:
      return null;
  }
}

function text(core: SchemaObject, name: string, { whole }: Wish): unknown {
  const secret = SECRETS[name];
  // An answer has it once; nobody has to set it.
  if (secret) return whole ? '…' : secret;
  const id = ID.exec(core.pattern ?? '');
  if (id) return id[1]! + ALPHABET.repeat(2).slice(0, Number(id[2]));
  if (core.format && FORMATS[core.format]) return FORMATS[core.format];
  if (/0-9a-f\]\{64\}/.test(core.pattern ?? '')) return 'ab'.repeat(32);
  if (core.default !== undefined) return core.default;
  const word = WORDS[name];
  if (typeof word === 'string') return word;
  return core.pattern?.includes(':') ? 'emails:send' : 'text'.padEnd(core.minLength ?? 0, '-');
}

/** The examples of the description name what has to be put in: `KEY`, `KEY_ID`. */
function filled(given: unknown, wish: Wish): unknown {
  if (given === 'KEY') return '$API_KEY';
  if (given === 'KEY_ID') return exampleOf({ $ref: '#/components/schemas/ApiKeyId' }, wish);
  if (Array.isArray(given)) return given.map((one) => filled(one, wish));
  if (given && typeof given === 'object') return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, filled(value, wish)]));
  return given;
}

/** A request that an operation takes, with what it needs and no more. */
export interface ExampleRequest {
  method: string;
  /** With values in the place of parameters. */
  path: string;
  query: [string, string][];
  body: unknown;
}

export function exampleRequest(operation: Operation, schemas: Reference['schemas']): ExampleRequest {
  const wish = { schemas, whole: false };
  const value = ({ schema, name }: Operation['parameters'][number]) => encodeURIComponent(String(exampleOf(schema, wish, name)));
  let path = operation.path;
  for (const parameter of operation.parameters) if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, value(parameter));
  const query = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.required).map((parameter): [string, string] => [parameter.name, value(parameter)]);
  return { method: operation.method, path, query, body: operation.body ? exampleOf(operation.body.schema, wish) : undefined };
}
