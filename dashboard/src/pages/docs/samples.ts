// Requests to copy: for curl and for TypeScript. Credentials come from the environment, never out of the sample.
import type { Credential, Operation, Reference } from './description.ts';
import { exampleRequest, type ExampleRequest } from './example.ts';

/** The variable that has the credential. */
export const VARIABLES: Record<Credential['kind'], string | null> = {
  key: 'LATCHKEY_KEY',
  person: 'LATCHKEY_TOKEN',
  operator: 'LATCHKEY_OPERATOR_TOKEN',
  none: null,
};

/** A value that stands for a variable of the environment: `$NAME`. */
const VARIABLE = /^\$([A-Z][A-Z_]*)$/;
/** Longer than that goes over several lines. */
const LINE = 64;

/** Which variables a sample wants to be set. */
export function variablesOf(operation: Operation, schemas: Reference['schemas']): string[] {
  const inside = JSON.stringify(exampleRequest(operation, schemas).body ?? null).matchAll(/"\$([A-Z_]+)"/g);
  const own = VARIABLES[operation.credential.kind];
  return [...new Set([...(own ? [own] : []), ...[...inside].map(([, name]) => name!)])];
}

const target = ({ path, query }: ExampleRequest): string => path + (query.length > 0 ? `?${query.map(([name, value]) => `${name}=${value}`).join('&')}` : '');

/** `base`: where the deployment is, or `$NAME` of a variable that knows. */
export function curl(operation: Operation, schemas: Reference['schemas'], base: string): string {
  const request = exampleRequest(operation, schemas);
  const variable = VARIABLES[operation.credential.kind];
  const withBody = request.body !== undefined;
  const plain = request.method === 'GET' || (request.method === 'POST' && withBody);
  const lines = [`curl ${plain ? '' : `-X ${request.method} `}"${base}${target(request)}"`];
  if (variable) lines.push(`-H "Authorization: Bearer $${variable}"`);
  if (withBody) {
    const short = JSON.stringify(request.body);
    const json = short.length > LINE ? JSON.stringify(request.body, null, 2) : short;
    // Out of the single quotes where a variable stands, and back in.
    const quoted = json.replaceAll("'", "'\\''").replace(/"(\$[A-Z][A-Z_]*)"/g, `"'"$1"'"`);
    lines.push('-H "Content-Type: application/json"', `-d '${quoted}'`);
  }
  return lines.join(' \\\n  ');
}

export function typescript(operation: Operation, schemas: Reference['schemas'], base: string): string {
  const request = exampleRequest(operation, schemas);
  const variable = VARIABLES[operation.credential.kind];
  const withBody = request.body !== undefined;
  const from = VARIABLE.exec(base);
  const url = from ? `\`\${process.env.${from[1]}}${target(request)}\`` : quote(base + target(request));
  const options: string[] = [];
  if (request.method !== 'GET') options.push(`  method: '${request.method}',`);
  const headers = [
    ...(variable ? [`authorization: \`Bearer \${process.env.${variable}}\``] : []),
    ...(withBody ? ["'content-type': 'application/json'"] : []),
  ];
  if (headers.length === 1) options.push(`  headers: { ${headers[0]} },`);
  if (headers.length > 1) options.push('  headers: {', ...headers.map((line) => `    ${line},`), '  },');
  if (withBody) options.push(`  body: JSON.stringify(${literal(request.body, '  ')}),`);
  const lines = [options.length > 0 ? `const response = await fetch(${url}, {\n${options.join('\n')}\n});` : `const response = await fetch(${url});`];
  lines.push('if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);');
  const type = operation.answers[0]?.type ?? null;
  if (type) lines.push(type === 'application/json' ? 'const answer = await response.json();' : 'const answer = await response.text();');
  return lines.join('\n');
}

const quote = (value: string): string => `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** A value as somebody would write it in a program. */
function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') {
    const variable = VARIABLE.exec(value);
    return variable ? `process.env.${variable[1]}` : quote(value);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const list = Array.isArray(value);
  const inner = list
    ? value.map((one) => literal(one, `${indent}  `))
    : Object.entries(value).map(([name, one]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)}: ${literal(one, `${indent}  `)}`);
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  if (inner.length === 0) return open + close;
  const line = list ? `[${inner.join(', ')}]` : `{ ${inner.join(', ')} }`;
  if (line.length <= LINE && !line.includes('\n')) return line;
  return `${open}\n${inner.map((one) => `${indent}  ${one},`).join('\n')}\n${indent}${close}`;
}
