// `npm run build:client`: the types of the client out of docs/openapi.json, then its package into clients/typescript/dist.
import { buildClient, writeClientTypes } from './lib/api-types.mjs';
import { main } from './lib/steps.mjs';
import { prepare } from './lib/tools.mjs';

await main(async () => {
  await prepare();
  await writeClientTypes();
  await buildClient();
});
