// A panic is a bug, and one ends every request under way in its isolate and empties the memory of its objects. It must end
// there: nothing of it reaches a client, nothing acknowledged is lost, and the next request is served.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, newOrganization, ok } from './support/acceptance.ts';
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

test('a panic under load: what was under way ends in a bare 500, what was acknowledged is there, what comes later is served', { timeout: 60_000 }, async () => {
  const made: { id: string; key: string }[] = [];
  const revoked: string[] = [];
  const failed = new Set<string>();
  const client = async (at: number) => {
    const { status, body, text } = await latchkey.api(key).post('/v1/api_keys', { name: `At ${at}` });
    if (status !== 201) return void failed.add(`${status} ${status === 500 ? text : body.code}`);
    if (at % 3) return void made.push(body);
    const answer = await latchkey.api(key).delete(`/v1/api_keys/${body.id}`);
    if (answer.status === 200) revoked.push(body.key);
    else failed.add(`${answer.status} ${answer.text}`);
  };
  await Promise.all(Array.from({ length: 6 }, (_, at) => client(at)));
  const during = Promise.all(Array.from({ length: 12 }, (_, at) => client(at)));
  assert.equal((await latchkey.fetch('/panic')).status, 500);
  // The runtime gives up what was under way only after some ten seconds; nobody else waits for that.
  const started = Date.now();
  await Promise.all(Array.from({ length: 6 }, (_, at) => ok(latchkey.api(key).post('/v1/api_keys', { name: `After ${at}` }), 201).then((body) => made.push(body))));
  assert.ok(Date.now() - started < 8_000);
  await during;
  // A call that was cut off in the middle is "unavailable"; a request that was is the platform's to answer.
  assert.deepEqual([...failed].filter((answer) => !['500 Internal Server Error', '503 service_unavailable'].includes(answer)), []);
  assert.ok(made.length >= 10 && revoked.length >= 2, `${made.length} ${revoked.length}`);
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
