// A panic is a bug, and one ends every request under way in its isolate and empties the memory of its objects. It must end
// there: nothing of it reaches a client, nothing acknowledged is lost, and the next request is served.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, inParallel, newOrganization, ok } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey({ build: 'panic' });
const { api, key } = await newOrganization(latchkey, 'Bystander');
const idOf = async (secret: string) => (await checked(latchkey.api(secret)).get('/v1/whoami')).body.keyId;

test('a panic is answered with a bare 500 that says nothing, and the next request as if nothing had happened', async () => {
  for (let round = 0; round < 3; round++) {
    const { status, text } = await latchkey.fetch(`/panic?key=${key}`, { headers: { authorization: `Bearer ${key}` } });
    assert.deepEqual([status, text], [500, 'Internal Server Error']);
    await ok(api.get('/v1/whoami'));
  }
});

test('a dozen panics under load: what was acknowledged is there, and what failed says nothing', async () => {
  const made: { id: string; key: string }[] = [];
  const revoked: string[] = [];
  const failed: string[] = [];
  let panics = 0;
  await inParallel(Array.from({ length: 72 }, (_, at) => at), 8, async (at) => {
    if (at % 6 === 0) {
      panics++;
      assert.equal((await latchkey.fetch('/panic')).status, 500);
      return;
    }
    const { status, body, text } = await latchkey.api(key).post('/v1/api_keys', { name: `At ${at}` });
    if (status !== 201) {
      failed.push(`${status} ${status === 500 ? text : body.code}`);
      return;
    }
    if (at % 3 === 1 && (await latchkey.api(key).delete(`/v1/api_keys/${body.id}`)).status === 200) revoked.push(body.key);
    else if (at % 3 !== 1) made.push(body);
  });
  assert.equal(panics, 12);
  // A call that was cut off in the middle is "unavailable"; a request that was is the platform's to answer.
  assert.deepEqual([...new Set(failed)].filter((answer) => !['500 Internal Server Error', '503 service_unavailable'].includes(answer)), []);
  assert.ok(made.length > 0 && revoked.length > 0, `${made.length} ${revoked.length} ${failed.length}`);
  for (const { id, key } of made) assert.equal(await idOf(key), id);
  for (const secret of revoked) assert.equal((await latchkey.api(secret).get('/v1/whoami')).status, 401);
  const { data, head } = await ok(api.get('/v1/audit_log?limit=1000'));
  assert.equal(head.seq, data.length, 'no line of the log is missing');
  for (const { id } of made) assert.equal(data.filter((line: any) => line.target === id && line.action === 'api_key.created').length, 1);
});

test('the log names the place of the panic, and no key', async () => {
  const log = latchkey.logs().join('\n');
  assert.match(log, /panicked at src\/api\/meta\.rs/);
  assert.ok(!log.includes(key.slice(8, 20)));
});
