// Bad input over HTTP, on the real runtime: requests made from docs/openapi.json, most of them spoilt, many at once over
// kept connections, while good ones go on. No 5xx, no answer that the description does not show, no secret, no panic.
//
// One number is one request. LATCHKEY_SEED begins elsewhere, LATCHKEY_REQUESTS sends so many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newOrganization, newPerson } from '../e2e/support/acceptance.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { Judge } from './support/description.ts';
import { Maker, Random, type Who } from './support/maker.ts';
import { figure, full } from './support/proof.ts';
import { Connection, type RawReply } from './support/raw.ts';
import { processMemory } from './support/memory.ts';

const WANTED = Number(process.env.LATCHKEY_REQUESTS ?? (full ? 100_000 : 2_000));
const SEED = Number(process.env.LATCHKEY_SEED ?? 1);
const CONNECTIONS = 8;
/** What the runtime may grow by: its caches and heaps, not what somebody sends. */
const GROWTH_MB_MAX = full ? 1_024 : 384;

/** After so many requests others ask: what was asked may have ended the former ones. */
const ROUND = 400;

const latchkey = await startLatchkey();
/** One that nobody does harm. */
const calm = await roomy('Calm');
const good = (await calm.api.post('/v1/api_keys', { name: 'Good' })).body.key as string;
const bait = (await calm.api.post('/v1/api_keys', { name: 'Bait' })).body.key as string;
const judge = new Judge({ secrets: [calm.key, good, latchkey.operatorToken, latchkey.rootSecret], bait });

/** An organization that may do as much as it likes. */
async function roomy(name: string) {
  const organization = await newOrganization(latchkey, name);
  await unlimited(organization.id);
  return organization;
}

async function unlimited(id: string): Promise<void> {
  const { status, text } = await latchkey.operator.patch(`/operator/organizations/${id}`, { plan: { name: 'pro', keysPerSession: 100_000, requestsPerMinute: 1_000_000 } });
  assert.equal(status, 200, text);
}

/** Somebody to ask as, with an organization for keys and one for members. */
async function somebody(): Promise<Who> {
  const [acme, person] = [await roomy('Acme'), await newPerson(latchkey, { organizationName: 'Engines' })];
  await unlimited(person.organization.id);
  judge.watch([acme.key, person.accessToken, person.password]);
  return { root: acme.key, rootOrganization: acme.id, operator: latchkey.operatorToken, person, bait, spared: [calm.id, calm.apiKey.id] };
}

/** Good requests, one after another, until told to stop; all of them must be 200. */
function goodOnes() {
  let going = true;
  let count = 0;
  const done = (async () => {
    const connection = new Connection(latchkey.url);
    while (going) {
      const { status, text } = await connection.request({ method: 'GET', target: '/v1/whoami', headers: [['authorization', `Bearer ${good}`]] });
      assert.equal(status, 200, `a good request: ${text}`);
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    connection.close();
    return count;
  })();
  // Whoever stops hears of it; a test that fails before that has failed already.
  done.catch(() => {});
  return { count: () => count, stop: () => { going = false; return done; } };
}

/** That the worker has not fallen over on the way. */
function assertCalm() {
  const lines = latchkey.logs();
  const bad = lines.filter((line) => /panicked|RuntimeError|unreachable|Uncaught|internal_error/.test(line));
  assert.deepEqual(bad, []);
  const told = lines.join('\n');
  for (const secret of judge.parts) assert.ok(!told.includes(secret), 'a secret stands in the log');
}

test('spoilt requests, many at once, are all answered as the description shows, and good ones go on', { timeout: full ? 5_400_000 : 120_000 }, async () => {
  console.log(`LATCHKEY_SEED=${SEED}`);
  const before = processMemory();
  const others = goodOnes();
  const statuses = new Map<number, number>();
  const failures: string[] = [];
  const carriedOut = new Set<string>();
  const maker = new Maker(await somebody());
  let next = 0;
  let peak = 0;
  const started = Date.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    const connection = new Connection(latchkey.url);
    while (next < WANTED && failures.length < 20) {
      const number = next++;
      if (number % ROUND === ROUND - 1) maker.who = await somebody();
      const request = maker.request(new Random(SEED * 1_000_003 + number));
      const reply = await connection.request(request).catch((error: Error) => error);
      if (number % 500 === 0) peak = Math.max(peak, processMemory());
      if (full && number % 10_000 === 9_999) console.log(`${number + 1} requests, ${Math.round((Date.now() - started) / 1000)} s, ${Math.round(peak - before)} MB more, ${failures.length} failures`);
      if (reply instanceof Error) {
        failures.push(`${number}: ${reply.message}\n${show(request)}`);
        continue;
      }
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      const wrong = judge.judge(request, reply);
      if (wrong) failures.push(`${number}: ${wrong}\n${show(request)}\n${reply.status} ${reply.text.slice(0, 800)}`);
      if (reply.status < 300) {
        maker.learn(reply.text);
        carriedOut.add(request.operation);
      }
    }
    connection.close();
  }));
  const goodCount = await others.stop();
  const growth = Math.round(Math.max(peak, processMemory()) - before);
  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const fine = [...statuses].reduce((sum, [status, count]) => sum + (status < 300 ? count : 0), 0);
  console.log(`statuses ${JSON.stringify([...statuses].sort())}`);
  figure('input.http.requests', answered, 'requests');
  figure('input.http.carried_out', fine, 'requests');
  figure('input.http.operations', carriedOut.size, 'operations');
  figure('input.http.failures', failures.length, 'answers');
  figure('input.http.good_in_parallel', goodCount, 'requests');
  figure('input.http.seconds', Math.round((Date.now() - started) / 1000), 's');
  figure('input.http.memory_growth', growth, 'MB');
  assert.deepEqual(failures, [], failures.join('\n\n'));
  assertCalm();
  assert.ok(answered >= WANTED * 0.99 && fine > answered * 0.1, `${fine} of ${answered} were carried out`);
  assert.ok(carriedOut.size >= (full ? 120 : 60), `${carriedOut.size} operations were carried out`);
  assert.ok(goodCount > 20, `${goodCount} good ones`);
  assert.ok(growth < GROWTH_MB_MAX, `${growth} MB more`);
});

test('what no client library would send is refused, and the next request is answered', { timeout: 120_000 }, async () => {
  const bearer = `authorization: Bearer ${good}\r\n`;
  const head = `host: x\r\ncf-connecting-ip: 203.0.113.9\r\n${bearer}`;
  const lines: [string, string][] = [
    ['no version', 'GET /v1/whoami\r\n\r\n'],
    ['no HTTP', 'HELLO\r\n\r\n'],
    ['two blanks', `GET  /v1/whoami HTTP/1.1\r\n${head}\r\n`],
    ['a version that nobody has', `GET /v1/whoami HTTP/9.9\r\n${head}\r\n`],
    ['no path', `GET HTTP/1.1\r\n${head}\r\n`],
    ['a line alone', `GET /v1/whoami HTTP/1.1\nhost: x\n${bearer.replace('\r', '')}\n`],
    ['NUL in a header', `GET /v1/whoami HTTP/1.1\r\n${head}x-a: a\0b\r\n\r\n`],
    ['a folded header', `GET /v1/whoami HTTP/1.1\r\n${head}x-a: a\r\n b\r\n\r\n`],
    ['a header without a name', `GET /v1/whoami HTTP/1.1\r\n${head}: a\r\n\r\n`],
    ['a header without a colon', `GET /v1/whoami HTTP/1.1\r\n${head}nonsense\r\n\r\n`],
    ['a blank before the colon', `GET /v1/whoami HTTP/1.1\r\n${head}x-a : b\r\n\r\n`],
    ['bad percent-encoding', `GET /v1/api_keys/%zz%?search=%&cursor=%ff HTTP/1.1\r\n${head}\r\n`],
    ['bytes in the path', `GET /v1/\xff\xfe HTTP/1.1\r\n${head}\r\n`],
    ['dots', `GET /v1/../operator/organizations HTTP/1.1\r\n${head}\r\n`],
    ['an absolute target', `GET http://evil.example/v1/whoami HTTP/1.1\r\n${head}\r\n`],
    ['a method of 5,000 letters', `${'A'.repeat(5000)} /v1/whoami HTTP/1.1\r\n${head}\r\n`],
    ['length and chunks', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`],
    ['a negative length', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: -1\r\n\r\n`],
    ['a length without an end', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: 99999999999999999999\r\n\r\n`],
    ['a chunk that is none', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
    ['a chunk longer than anything', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n`],
    ['half a body', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: 50\r\n\r\n{"key`],
    ['no body at all', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\n\r\n`],
    ['compressed nonsense', `POST /v1/keys/verify HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}`],
    ['a header of 64 KiB', `GET /v1/whoami HTTP/1.1\r\n${head}x-a: ${'a'.repeat(65_536)}\r\n\r\n`],
    ['5,000 headers', `GET /v1/whoami HTTP/1.1\r\n${head}${Array.from({ length: 5_000 }, (_, n) => `x-${n}: a\r\n`).join('')}\r\n`],
    ['200 keys at once', `GET /v1/whoami HTTP/1.1\r\nhost: x\r\n${bearer.repeat(200)}\r\n`],
    ['a path of 1 MiB', `GET /${'a'.repeat(1_048_576)} HTTP/1.1\r\n${head}\r\n`],
  ];
  const others = goodOnes();
  const before = processMemory();
  const seen: Record<string, number[]> = {};
  for (const [what, text] of lines) {
    const { statuses, text: answer } = await Connection.exchange(latchkey.url, text, 3_000);
    seen[what] = statuses;
    // The runtime itself may refuse what it cannot read, or hang up; nothing of it is the worker falling over.
    assert.ok(statuses.every((status) => status < 500 || status === 501 || status === 505), `${what}: ${statuses} ${answer.slice(0, 300)}`);
    const echoed = judge.echo(400, answer);
    assert.equal(echoed, undefined, `${what}: ${echoed}`);
  }
  console.log(JSON.stringify(seen));
  const answered = Object.values(seen).filter((statuses) => statuses.length > 0).length;
  assert.ok(answered >= lines.length / 2, `${answered} were answered`);
  assert.ok((await others.stop()) > 10);
  figure('input.http.unreadable', lines.length, 'requests');
  figure('input.http.unreadable_memory_growth', Math.round(processMemory() - before), 'MB');
  assert.ok(processMemory() - before < 64, `${processMemory() - before} MB more`);
  assertCalm();
});

test('bodies that are too much, too deep, too wide or too slow are refused early, and the memory stays', { timeout: full ? 600_000 : 120_000 }, async () => {
  const megabytes = full ? 200 : 40;
  const headers: [string, string][] = [['authorization', `Bearer ${calm.key}`], ['content-type', 'application/json']];
  // Whoever refuses a body early closes the connection on a client that is still writing, and the system may drop the
  // answer that has already arrived. A matter of timing, so it is asked again.
  const post = async (body: string | (() => Generator<Buffer>), tries = 10): Promise<RawReply> =>
    new Connection(latchkey.url).once({ method: 'POST', target: '/v1/api_keys', headers, body }).catch((error: Error) => {
      if (tries === 1 || !/ended|EPIPE|ECONNRESET/.test(error.message)) throw error;
      return post(body, tries - 1);
    });
  const others = goodOnes();
  const before = processMemory();
  const answers: Record<string, [number, number]> = {};
  let sent = 0;
  const watched = async (what: string, work: Promise<{ status: number; text: string }>) => {
    const started = Date.now();
    const { status, text } = await work;
    answers[what] = [status, Date.now() - started];
    assert.ok([400, 413].includes(status), `${what}: ${status} ${text.slice(0, 200)}`);
    assert.equal(JSON.parse(text).details.requestId.slice(0, 4), 'req_', what);
    const echoed = judge.echo(status, text);
    assert.equal(echoed, undefined, `${what}: ${echoed}`);
  };
  for (const route of full ? [1, 2, 3] : [1]) {
    await watched(`${megabytes} MB in chunks, ${route}`, post(function* () {
      for (sent = 0; sent < megabytes * 16; sent++) yield Buffer.alloc(65_536, 0x20);
    }));
    // Early is before half of it was there: whatever the time, nobody has read the rest.
    assert.ok(sent < megabytes * 8, `answered after ${sent / 16} MB`);
  }
  await watched('100,000 deep', post('['.repeat(100_000)));
  await watched('100,000 deep objects', post('{"a":'.repeat(100_000)));
  await watched('1,000,000 wide', post(`[${'0,'.repeat(1_000_000)}0]`));
  await watched('100,000 members', post(`{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":0`).join(',')}}`));
  await watched('a text of 1 MB', post(JSON.stringify({ name: 'x'.repeat(1_000_000) })));
  await watched('a number of 100,000 digits', post(`{"name":${'9'.repeat(100_000)}}`));
  await watched('as deep as fits', post(`{"metadata":${'['.repeat(7_000)}${']'.repeat(7_000)}}`));
  await watched('as wide as fits', post(`{"metadata":[${'0,'.repeat(7_500)}0]}`));
  const [middle, goodBefore] = [processMemory(), others.count()];
  // Slow ones: a byte now and then, from many at once. Nothing waits for them but they themselves.
  const slow = await Promise.all(Array.from({ length: full ? 200 : 40 }, () => Connection.slowly(latchkey.url, headers, full ? 20_000 : 4_000)));
  const worst = Math.round(Math.max(middle, processMemory()) - before);
  const beside = others.count() - goodBefore;
  const goodCount = await others.stop();
  console.log(JSON.stringify(answers));
  assert.ok(slow.every((statuses) => statuses.every((status) => status < 500)), `${slow}`);
  assert.ok(goodCount > 20 && beside > 5, `${goodCount} good ones, ${beside} of them beside slow ones`);
  figure('input.http.bombs_memory_growth', worst, 'MB');
  figure('input.http.bombs_slowest', Math.max(...Object.values(answers).map(([, ms]) => ms)), 'ms');
  figure('input.http.slow_bodies', slow.length, 'connections');
  // What is refused unread is not kept: a body alone is more than this.
  assert.ok(worst < Math.max(96, megabytes / 2), `${worst} MB more`);
  assertCalm();
});

function show({ method, target, headers, body }: { method: string; target: string; headers: [string, string | Buffer][]; body?: unknown }): string {
  return `${method} ${target.slice(0, 400)}\n${JSON.stringify(headers)}\n${String(body ?? '').slice(0, 1_000)}`;
}
