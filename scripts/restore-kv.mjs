// `npm run restore-kv -- URL`: has every session of a deployment tell KV and the lists of its keys once more, after KV was
// lost or state was set back to an earlier point in time. The operator token stands in OPERATOR_TOKEN.
//
//   npm run restore-kv -- URL                              all organizations
//   npm run restore-kv -- URL --organization org_…         one
//   npm run restore-kv -- URL --organization org_… --cursor …  … from where it has stopped
//
// It may be repeated at any time, and while the service is in use. What a copy says is revoked stays revoked.
import { parseArgs } from 'node:util';
import { Failure, green, main, red } from './lib/steps.mjs';

/** How often a call is made that is answered 503, or not at all, and the pause (s) unless the answer says another. */
const TRIES = 5;
const PAUSE_S = 2;

const usage = 'usage: npm run restore-kv -- URL [--organization ORG [--cursor CURSOR]], with the operator token in OPERATOR_TOKEN';

await main(async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { organization: { type: 'string' }, cursor: { type: 'string' } } });
  const [url] = positionals;
  const token = process.env.OPERATOR_TOKEN;
  if (!url || !token || (values.cursor && !values.organization)) throw new Failure(usage);
  const ask = client(url, token);
  const sum = { organizations: 0, sessions: 0, keys: 0, revoked: 0, setBack: 0 };
  for await (const id of values.organization ? [values.organization] : organizations(ask)) {
    sum.organizations++;
    for (let cursor = values.cursor; ; ) {
      const place = cursor ? ` from --cursor ${cursor} on` : '';
      const told = await ask('POST', `/operator/organizations/${id}/republish`, { cursor }).catch((error) => {
        throw new Failure(`${error.message}\nGo on with --organization ${id}${place}; all organizations before it are through.`);
      });
      sum.sessions += told.sessions;
      sum.keys += told.keys;
      for (const key of told.revoked) console.log(red(`! ${key} was revoked, as a copy said: it had come back to life`));
      for (const session of told.setBack) console.log(`! ${session} was behind what others had heard of it`);
      sum.revoked += told.revoked.length;
      sum.setBack += told.setBack.length;
      cursor = told.pagination.nextCursor ?? undefined;
      if (!cursor) break;
    }
  }
  console.log(`${green('✓')} ${sum.organizations} organizations, ${sum.sessions} sessions, ${sum.keys} keys; ${sum.revoked} revoked, ${sum.setBack} sessions set back. KV follows within a minute.`);
});

/** All organizations of the deployment, page by page. @param {ReturnType<typeof client>} ask */
async function* organizations(ask) {
  for (let cursor; ; ) {
    /** @type {any} */
    const { data, pagination } = await ask('GET', '/operator/organizations', { limit: '100', cursor });
    for (const { id } of data) yield id;
    cursor = pagination.nextCursor ?? undefined;
    if (!cursor) return;
  }
}

/**
 * Asks the deployment, and again where it says that it may be better in a moment.
 * @param {string} base @param {string} token
 * @returns {(method: string, path: string, query: Record<string, string | undefined>) => Promise<any>}
 */
function client(base, token) {
  return async (method, path, query) => {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
    for (let tries = 1; ; tries++) {
      /** @type {{ status: number, headers: Headers, text: string }} */
      let answer;
      try {
        const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` }, redirect: 'manual', signal: AbortSignal.timeout(120_000) });
        answer = { status: response.status, headers: response.headers, text: await response.text() };
      } catch (error) {
        if (tries === TRIES) throw new Failure(`${method} ${url.pathname}: ${/** @type {Error} */ (error).message}`);
        await pause(PAUSE_S);
        continue;
      }
      if (answer.status === 200) return JSON.parse(answer.text);
      if (answer.status !== 503 || tries === TRIES) throw new Failure(`${method} ${url.pathname} answered ${answer.status}: ${answer.text}`);
      await pause(Number(answer.headers.get('retry-after')) || PAUSE_S);
    }
  };
}

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
