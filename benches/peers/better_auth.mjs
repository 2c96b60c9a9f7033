// Better Auth's API-key plugin behind node:http, with SQLite in WAL mode: its own verification, which hashes, looks up,
// checks expiry and permission, and counts. A program of its own: prints its port and a key, then serves.
//
//   node better_auth.mjs <directory of its packages> <directory for the database> limited|unlimited
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [packages = '', state = '', limiter] = process.argv.slice(2);
const installed = createRequire(join(packages, 'package.json'));
/** @type {(name: string) => Promise<any>} */
const load = (name) => import(pathToFileURL(installed.resolve(name)).href);

const { betterAuth } = await load('better-auth');
const { getMigrations } = await load('better-auth/db/migration');
const { apiKey } = await load('@better-auth/api-key');
const { default: Database } = await load('better-sqlite3');

const database = new Database(join(state, 'better_auth.sqlite'));
database.pragma('journal_mode = WAL');
const auth = betterAuth({
  database,
  secret: 'for a measurement only, nothing is protected by it',
  baseURL: 'http://127.0.0.1',
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  plugins: [apiKey({
    // More than will be asked for: what is measured is what passes.
    rateLimit: { enabled: limiter === 'limited', timeWindow: 60_000, maxRequests: 6_000_000 },
  })],
});
await (await getMigrations(auth.options)).runMigrations();
const { user } = await auth.api.signUpEmail({ body: { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' } });
const { key } = await auth.api.createApiKey({ body: { userId: user.id, name: 'Measured', expiresIn: 86_400 * 30, permissions: { emails: ['send'] } } });

const server = createServer(async (request, response) => {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const { valid, error, key: found } = await auth.api.verifyApiKey({ body: { key: token, permissions: { emails: ['send'] } } });
  const body = JSON.stringify(valid ? { valid, code: 'VALID', keyId: found.id, name: found.name, permissions: found.permissions } : { valid, code: error?.code });
  response.writeHead(valid ? 200 : 401, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : null, key }));
});
