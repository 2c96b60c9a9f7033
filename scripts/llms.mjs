// Writes llms.txt, the gist of the API for programs that read text: out of docs/openapi.json, docs/API.md, docs/QUICKSTART.md
// and docs/ERRORS.md, with the samples that the reference shows too. Run by the build of the dashboard, with a Node that reads
// TypeScript.
//
//   node scripts/llms.mjs FILE
import { writeFileSync } from 'node:fs';
import { readDescription, rulesOf, shapeOf, typeName } from '../dashboard/src/pages/docs/description.ts';
import { curl, typescript } from '../dashboard/src/pages/docs/samples.ts';
import { at, read } from './lib/env.mjs';

/** @typedef {import('../dashboard/src/pages/docs/description.ts').Operation} Operation */

/** The calls that most programs need, in the order in which they need them. */
const MAIN = ['whoami', 'createApiKey', 'verifyKey', 'listApiKeys', 'readApiKey', 'changeApiKey', 'rotateApiKey', 'revokeApiKey', 'createSession', 'readUsage', 'countOutcomes'];
const BASE = '$LATCHKEY_URL';

const reference = readDescription(JSON.parse(read('docs/openapi.json')));
const [GUIDE, QUICK, CATALOGUE] = ['docs/API.md', 'docs/QUICKSTART.md', 'docs/ERRORS.md'];

/** A section of a document, without its heading and without links to what a deployment does not serve. @param {string} title */
function section(title, page = GUIDE) {
  const [, text] = read(page).split(`\n## ${title}\n`);
  if (text === undefined) throw new Error(`${page} has no section "${title}"`);
  return String(text.split(/\n#{2,3} /)[0]).trim().replace(/\[([^\]]+)\]\((?!\/|https?:)[^)]*\)/g, '$1');
}

/** The tables of a section. @param {string} title */
const table = (title, page = GUIDE) => section(title, page).split('\n').filter((line) => line.startsWith('|')).join('\n');

/** A section without its tables. @param {string} title */
const prose = (title) => section(title).split('\n').filter((line) => !line.startsWith('|')).join('\n').trim();

/** The program that a quick start has you save. @param {string} title */
function program(title) {
  const [, code] = /^```js\n([^]*?)\n```$/m.exec(section(title, QUICK)) ?? [];
  if (code === undefined) throw new Error(`${QUICK} has no program in "${title}"`);
  return fenced('js', code);
}

/** The errors by what they are about, and what to do. */
function catalogue() {
  const titles = [...read(CATALOGUE).matchAll(/^## (.*)$/gm)].map(([, title]) => String(title));
  const shown = titles.filter((title) => title !== 'Verification codes' && title !== 'Of the client itself');
  return shown.map((title) => `### ${title}\n\n${section(title, CATALOGUE)}`).join('\n\n');
}

/** @param {string} language @param {string} code */
const fenced = (language, code) => `\`\`\`${language}\n${code}\n\`\`\``;

/** @param {string} id */
function mainCall(id) {
  const operation = reference.operations.get(id);
  if (!operation) throw new Error(`docs/openapi.json has no operation "${id}"`);
  const { method, path, summary, text, credential, body, parameters } = operation;
  const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => `\`${name}\``);
  return [
    `### ${summary}`,
    `\`${method} ${path}\`${credential.needs ? `, permission \`${credential.needs}\`` : ''}. ${text}`.trim(),
    ...(query.length > 0 ? [`Query: ${query.join(', ')}.`] : []),
    ...(body ? [fields(body.schema)] : []),
    fenced('sh', curl(operation, reference.schemas, BASE)),
  ].join('\n\n');
}

/** What a body has, a line for each field. @param {import('../dashboard/src/pages/docs/description.ts').SchemaObject} schema */
function fields(schema) {
  const { core } = shapeOf(schema, reference.schemas);
  const lines = Object.entries(core.properties ?? {}).map(([name, inner]) => {
    const { core: own, text } = shapeOf(inner, reference.schemas);
    const values = (own.enum ?? []).filter((value) => value !== null).map((value) => `\`${value}\``);
    const kind = `${typeName(inner, reference.schemas)}${core.required?.includes(name) ? ', required' : ''}`;
    return `- \`${name}\` (${kind}): ${text}${values.length > 0 ? ` One of ${values.join(', ')}.` : ''}`;
  });
  return [...lines, ...rulesOf(core).map((rule) => `- ${rule}`)].join('\n');
}

/** @param {Operation} operation */
const link = ({ id, method, path, summary }) => `- [${summary}](/docs/${id}): \`${method} ${path}\``;

const first = /** @type {Operation} */ (reference.operations.get('verifyKey'));
const all = reference.groups.map(({ name, text, operations }) => {
  // What members do below /organizations is what keys do below /v1.
  const shown = operations.filter(({ twin, path }) => twin === null || path.startsWith('/v1/'));
  return `### ${name}\n\n${text}\n\n${shown.map(link).join('\n')}`;
});

const text = `# Latchkey

> ${reference.info.summary} You issue keys to your customers, and ask whether a key is good when one is presented to you.
> Version ${reference.info.version}. \`$LATCHKEY_URL\` is the address of the deployment that served you this file.

- [API reference](/docs): every operation with its fields, errors and samples.
- [openapi.json](/openapi.json): the same for programs, OpenAPI 3.1.
- The source has guides: \`docs/QUICKSTART.md\` (Express, Hono, nginx, plain HTTP, a service of one's own), \`docs/ROTATION.md\`
  (a new key in place of an old one), \`docs/ERRORS.md\` (what to do about each error).

${reference.info.description}

## Authentication

${section('Authentication')}

Below \`/v1\` the credential is an API key. Keep it in the environment (\`LATCHKEY_KEY\`), never in code. What a key does below
\`/v1\`, a member of the organization does below \`/organizations/{organizationId}\` with the token of signing in
(\`POST /auth/login\`).

## Permissions

${table('Reach and permissions')}

## Verification codes

\`POST /v1/keys/verify\` answers 200 whatever is decided: look at \`valid\` and \`code\`. A 503 says nothing about the key.

${table('Verification codes')}

What to do:

${table('Verification codes', CATALOGUE)}

## Protect a program

\`latchkey\` is the TypeScript client; \`/v1\` of the program below takes good keys with one permission, and answers everything
else by itself: 401, 403 or 429 with the error, 503 if nobody could be asked. With Express:

${program('Express')}

With Hono, on Workers:

${program('Hono')}

## The main calls

${MAIN.map(mainCall).join('\n\n')}

### The same in TypeScript

${fenced('ts', typescript(first, reference.schemas, BASE))}

## Pages

${section('Pages')}

## Idempotency

${section('Idempotency')}

## Errors

${prose('Errors')}

${catalogue()}

## All operations

${all.join('\n\n')}
`;

// Samples of docs/API.md put headers into variables; here each stands alone.
const alone = text.replaceAll('-H "$auth"', '-H "Authorization: Bearer $LATCHKEY_KEY"').replaceAll('-H "$json"', '-H "Content-Type: application/json"');
writeFileSync(process.argv[2] ?? at('public/llms.txt'), alone);
