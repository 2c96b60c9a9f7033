// TypeScript types of the API, out of its description: for the client of customers, and for the dashboard, its first user.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { at, node, read } from './env.mjs';
import { run } from './process.mjs';
import { Failure, step } from './steps.mjs';

/** What both are compiled with; committed, so that whoever reads the client sees what it knows. */
const committed = at('clients/typescript/src/openapi.gen.ts');
const head = '// Made from docs/openapi.json: `npm run build:client` writes it, `npm run check` finds what has drifted.\n';

/** The types as they have to be. Errors are left out: all of them have one shape. @returns {Promise<string>} */
async function clientTypes() {
  const described = JSON.parse(read('docs/openapi.json'));
  const { default: openapi, astToString } = await import('openapi-typescript');
  for (const operations of Object.values(described.paths)) {
    for (const operation of Object.values(/** @type {Record<string, any>} */ (operations))) {
      for (const status of Object.keys(operation.responses ?? {})) if (!status.startsWith('2')) delete operation.responses[status];
    }
  }
  delete described.webhooks;
  delete described.components.responses;
  return head + astToString(await openapi(described, { defaultNonNullable: false, alphabetize: true }));
}

/** Writes the types of the client, where they have changed. */
export function writeClientTypes() {
  return step('types of the API for the client', async ({ note }) => {
    const wanted = await clientTypes();
    if (existsSync(committed) && readFileSync(committed, 'utf8') === wanted) return;
    writeFileSync(committed, wanted);
    note('written');
  });
}

/** Fails if they are not those of the description. */
export function checkClientTypes() {
  return step('types of the API for the client', async () => {
    if (existsSync(committed) && readFileSync(committed, 'utf8') === (await clientTypes())) return;
    throw new Failure('clients/typescript/src/openapi.gen.ts is not what docs/openapi.json says: run npm run build:client');
  });
}

/** Compiles the client into clients/typescript/dist, where the package `latchkey` of node_modules finds it. */
export function buildClient() {
  return step('client', () => run(/** @type {string} */ (node()), [at('node_modules/typescript/bin/tsc'), '-p', at('clients/typescript')]).then(() => undefined));
}
