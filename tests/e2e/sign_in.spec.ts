// Signing in, seen by somebody who has no account: nothing tells which accounts there are, nothing is created, nothing
// hangs, and whoever tries too often waits.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { checked, inParallel, newPerson, ok, refused, sleep } from './support/acceptance.ts';
import type { Reply } from './support/client.ts';
import { full } from '../proof/support/proof.ts';
import { newEmail, newPassword, startLatchkey } from './support/latchkey.ts';

const wrong = newPassword();
/** When a failure is answered (ms), as src/app/sign_in.rs has it. */
const FLOOR_MS = 700;

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** An answer without what differs between any two. */
function shown({ status, headers, text }: Reply): unknown {
  const kept = [...headers].filter(([name]) => !['x-request-id', 'date'].includes(name)).sort();
  return { status, headers: kept, text: text.replace(/req_[0-9A-Za-z]{22}/, 'req_…') };
}

test('unknown, wrong, locked, no address and far too long a password: one answer to the byte, after one time', { timeout: 240_000 }, async () => {
  const latchkey = await startLatchkey();
  const [person, locked] = [await newPerson(latchkey), await newPerson(latchkey)];
  // A quarter of an hour, as after twenty failures in a row: the failures themselves would take as long.
  await latchkey.stop();
  let changed = 0;
  for (const file of latchkey.sqliteFiles('AccountObject')) {
    const database = new DatabaseSync(file);
    const { mine } = database.prepare("SELECT count(*) AS mine FROM account WHERE record ->> '$.id' = ?").get(locked.user.id) as { mine: number };
    if (mine) {
      database.exec("INSERT OR IGNORE INTO gates (name, failures) VALUES ('strangers', 0)");
      database.prepare('UPDATE gates SET failures = 20, locked_until = ?').run(Date.now() + 900_000);
    }
    changed += mine;
    database.close();
  }
  assert.equal(changed, 1);
  await latchkey.restart();
  const login = checked(latchkey.anyone);
  const attempts: Record<string, () => object> = {
    unknown: () => ({ email: newEmail(), password: wrong }),
    wrong: () => ({ email: person.email, password: wrong }),
    locked: () => ({ email: locked.email, password: locked.password }),
    'locked and wrong': () => ({ email: locked.email, password: wrong }),
    'no address': () => ({ email: 'nobody', password: wrong }),
    'too long': () => ({ email: person.email, password: newPassword().repeat(125) }),
  };
  const timed = async (body: object) => {
    const began = performance.now();
    const reply = await login.post('/auth/login', body);
    return { reply, ms: performance.now() - began };
  };
  const seen: Record<string, { answers: unknown[]; ms: number[] }> = {};
  const good: number[] = [];
  for (let round = 0; round < 20; round++) {
    // The kinds in question 20 times, the rest a few: each costs the floor.
    const kinds = Object.keys(attempts).filter((_, at) => at < 3 || round % 7 === 0);
    for (const kind of kinds) {
      const { reply, ms } = await timed(attempts[kind]!());
      await refused(reply, 401, 'sign_in_failed', kind);
      (seen[kind] ??= { answers: [], ms: [] }).answers.push(shown(reply));
      seen[kind].ms.push(ms);
    }
    if (round % 2 === 0) {
      // Also unlocks: ten wrong ones in a row would lock this account too.
      const { reply, ms } = await timed({ email: person.email, password: person.password });
      await ok(reply);
      good.push(ms);
    }
  }
  const first = seen.unknown!.answers[0];
  for (const [kind, { answers }] of Object.entries(seen)) for (const answer of answers) assert.deepEqual(answer, first, kind);
  const medians = Object.fromEntries(Object.entries(seen).map(([kind, { ms }]) => [kind, Math.round(median(ms) * 10) / 10]));
  const [low, high] = [Math.min(...Object.values(medians)), Math.max(...Object.values(medians))];
  // A sign-in that succeeds is not held back: it shows what the work for an account that exists costs.
  const work = median(good);
  const what = `${JSON.stringify(medians)}, the work takes ${work.toFixed(1)}`;
  assert.ok(low >= FLOOR_MS - 2, what);
  assert.ok(work > 10 && work < FLOOR_MS / 2, `the floor lies well above the work: ${what}`);
  assert.ok(high - low < Math.max(8, work / 3), what);
  assert.ok(Math.min(...Object.values(seen).flatMap(({ ms }) => ms)) >= FLOOR_MS - 2, `each one is held back: ${what}`);
  await latchkey.stop();
});

test('ten failures in a row lock an account, also for its owner, and a while later it opens; others do not notice', async () => {
  const latchkey = await startLatchkey();
  const [person, other] = [await newPerson(latchkey), await newPerson(latchkey)];
  const anyone = checked(latchkey.anyone);
  const login = (password: string) => anyone.post('/auth/login', { email: person.email, password });
  for (let round = 0; round < 3; round++) await inParallel([1, 2, 3], 3, () => refused(login(wrong), 401, 'sign_in_failed'));
  // Locked for a second from the tenth on, of which the floor takes most: the owner comes before the tenth is answered.
  const tenth = login(wrong);
  await sleep(400);
  await refused(login(person.password), 401, 'sign_in_failed', 'the right password');
  await refused(tenth, 401, 'sign_in_failed');
  await ok(person.api.get('/auth/user'), 200);
  await ok(anyone.post('/auth/login', { email: other.email, password: other.password }));
  await sleep(1_200);
  await ok(login(person.password));
  const noted = (await ok(person.api.get('/auth/audit_log'))).data.map(({ action }: any) => action);
  assert.equal(noted.filter((action: string) => action === 'user.sign_in_failed').length, 10, 'what comes while it is locked is not counted');
  await latchkey.stop();
});

/** `npm run prove -- sign_in` asks for all of them. */
const SIGN_INS = full ? 10_000 : 2_000;

test('thousands of sign-ins with addresses that nobody has create nothing', { timeout: 240_000 }, async () => {
  const latchkey = await startLatchkey();
  const person = await newPerson(latchkey);
  await refused(latchkey.anyone.post('/auth/login', { email: newEmail(), password: wrong }), 401, 'sign_in_failed');
  const files = latchkey.sqliteFiles();
  const counts: Record<string, number> = {};
  const count = async (reply: Promise<Reply>) => {
    const { status, body } = await reply;
    const answer = `${status} ${body?.code}`;
    counts[answer] = (counts[answer] ?? 0) + 1;
    return answer;
  };
  const addresses = Array.from({ length: SIGN_INS }, (_, at) => `nobody-${at}@${at % 7 ? 'example.com' : `${at}.example.net`}`);
  // Fewer than an isolate lets in at once.
  await inParallel(addresses, 240, async (email) => {
    while ((await count(latchkey.anyone.post('/auth/login', { email, password: wrong }))) === '503 sign_in_busy') await sleep(200);
  });
  assert.equal(counts['401 sign_in_failed'], SIGN_INS, JSON.stringify(counts));
  assert.deepEqual(Object.keys(counts).filter((answer) => !['401 sign_in_failed', '503 sign_in_busy'].includes(answer)), []);
  assert.deepEqual(latchkey.sqliteFiles(), files);
  await ok(latchkey.anyone.post('/auth/login', { email: person.email, password: person.password }));
  assert.deepEqual(latchkey.sqliteFiles(), files);
  await latchkey.stop();
});

test('access tokens and links that nobody made create nothing either', async () => {
  const latchkey = await startLatchkey();
  const { accessToken, api } = await newPerson(latchkey);
  await ok(api.get('/auth/user'));
  const files = latchkey.sqliteFiles();
  const swap = (token: string, at: number) => `${token.slice(0, at)}${token[at] === 'x' ? 'y' : 'x'}${token.slice(at + 1)}`;
  const forged = Array.from({ length: 500 }, (_, at) => swap(swap(accessToken, 5 + (at % 51)), 5 + ((at * 7 + 3) % 51))).filter((token) => token !== accessToken);
  await inParallel(forged, 16, async (token) => {
    await refused(latchkey.person(token).get('/auth/user'), 401, 'auth_invalid_key');
    await refused(latchkey.anyone.post('/auth/password/reset', { token: token.replace('lkat', 'lkpr'), newPassword: newPassword() }), 400, 'link_invalid');
    await refused(latchkey.anyone.post('/auth/register', { email: newEmail(), password: wrong, firstName: 'Eve', lastName: 'Else', invitation: token.replace('lkat', 'lkiv') }), 400, 'link_invalid');
  });
  assert.deepEqual(latchkey.sqliteFiles(), files);
  await latchkey.stop();
});

test('whoever tries too often from one address gets 429 with Retry-After; other addresses and who is signed in do not notice', async () => {
  const latchkey = await startLatchkey({ signInLimit: 10 });
  const from = (ip: string) => ({ headers: { 'cf-connecting-ip': ip, 'x-forwarded-for': newEmail() } });
  const anyone = checked(latchkey.anyone);
  const person = await newPerson(latchkey);
  const bodies: [string, object][] = [
    ['/auth/login', { email: person.email, password: person.password }],
    ['/auth/login', { email: newEmail(), password: wrong }],
    ['/auth/register', { email: newEmail(), password: 'short' }],
    ['/auth/password/reset', { token: 'x', newPassword: newPassword() }],
  ];
  // The window may turn once in between.
  const answers = await inParallel(Array.from({ length: 40 }, (_, at) => at), 4, (at) => anyone.post(...bodies[at % 2]!, from('198.51.100.1')));
  const tooMany = answers.filter(({ status }) => status === 429);
  assert.ok(tooMany.length >= 40 - 2 * 10, `${tooMany.length}`);
  for (const reply of tooMany) {
    await refused(reply, 429, 'auth_too_many_failures');
    assert.ok(Number(reply.headers.get('retry-after')) >= 1);
  }
  assert.equal(new Set(tooMany.map((reply) => JSON.stringify(shown(reply)))).size, 1, 'nor does 429 tell which accounts there are');
  for (const [path, body] of [bodies[0]!, ['/auth/register', { email: newEmail(), password: newPassword(), firstName: 'Eve', lastName: 'Else' }], bodies[3]!] as const) await refused(anyone.post(path, body, from('198.51.100.1')), 429, 'auth_too_many_failures', path);
  await ok(anyone.post(...bodies[0]!, from('198.51.100.2')));
  await ok(person.api.get('/auth/user', from('198.51.100.1')));
  await ok(checked(latchkey.api(person.apiKey.key)).get('/v1/whoami', from('198.51.100.1')));
  await latchkey.stop();
});

test('thirty at once with one account: some get in, the others hear that it is busy, and nobody waits for long', async () => {
  const latchkey = await startLatchkey();
  const { email, password, api } = await newPerson(latchkey);
  const began = performance.now();
  const answers = await inParallel(Array(30).fill(0), 30, async () => {
    const reply = await checked(latchkey.anyone).post('/auth/login', { email, password });
    return { reply, ms: performance.now() - began };
  });
  const busy = answers.filter(({ reply }) => reply.status === 503);
  for (const { reply } of busy) await refused(reply, 503, 'sign_in_busy');
  const signedIn = answers.filter(({ reply }) => reply.status === 200);
  assert.equal(signedIn.length + busy.length, 30, answers.map(({ reply }) => reply.status).join());
  assert.ok(signedIn.length >= 1 && busy.length >= 1, `${signedIn.length} got in`);
  assert.ok(Math.max(...answers.map(({ ms }) => ms)) < 10_000);
  assert.equal((await ok(api.get('/auth/sign_ins'))).data.length, 1 + signedIn.length);
  await ok(checked(latchkey.anyone).post('/auth/login', { email, password }));
  await latchkey.stop();
});

test('SIGKILL right after, or in the midst of, a registration: what was acknowledged is all there, what was not can be begun again', { timeout: 120_000 }, async () => {
  const latchkey = await startLatchkey();
  const anyone = checked(latchkey.anyone);
  let [answered, cutOff] = [0, 0];
  for (let round = 0; round < 12; round++) {
    const body = { email: newEmail(), password: newPassword(), firstName: 'Ada', lastName: 'Lovelace', organizationName: `Round ${round}` };
    const registration = latchkey.anyone.post('/auth/register', body).catch(() => undefined);
    if (round % 3 === 0) await registration;
    else await sleep(8 * round);
    await latchkey.kill();
    let registered = await registration;
    if (registered?.status !== undefined) answered++;
    else cutOff++;
    await latchkey.restart();
    if (registered) await ok(registered, 201);
    else {
      const login = await anyone.post('/auth/login', { email: body.email, password: body.password });
      if (login.status === 401) registered = await anyone.post('/auth/register', body);
      else registered = undefined;
      if (registered) await ok(registered, 201);
    }
    const { accessToken, organizations } = await ok(anyone.post('/auth/login', { email: body.email, password: body.password }));
    if (registered) {
      const { apiKey, organization, accessToken: first } = registered.body;
      await ok(checked(latchkey.api(apiKey.key)).get('/v1/whoami'), 200);
      for (const token of [first, accessToken]) assert.equal((await ok(checked(latchkey.person(token)).get(`/organizations/${organization.id}/members`))).data[0].role, 'owner');
      assert.deepEqual(organizations.map(({ id, role }: any) => [id, role]), [[organization.id, 'owner']]);
      assert.equal((await ok(checked(latchkey.person(accessToken)).get(`/organizations/${organization.id}/api_keys`))).length, 1);
    } else {
      // Nobody has heard of the key: whoever signs in makes another. What was begun comes to its end by itself.
      let mine = organizations;
      for (let tries = 0; mine.length === 0 && tries < 100; tries++, await sleep(100)) mine = (await ok(checked(latchkey.person(accessToken)).get('/organizations'))).data;
      assert.deepEqual(mine.map(({ name, role }: any) => [name, role]), [[`Round ${round}`, 'owner']]);
      const { key } = await ok(checked(latchkey.person(accessToken)).post(`/organizations/${mine[0].id}/api_keys`, { name: 'Another' }), 201);
      await ok(checked(latchkey.api(key)).get('/v1/whoami'));
    }
  }
  assert.ok(answered >= 4 && cutOff >= 2, `${answered} were answered, ${cutOff} cut off`);
  let listed: any[] = [];
  for (let tries = 0; listed.length < 12 && tries < 100; tries++, await sleep(100)) listed = (await ok(checked(latchkey.operator).get('/operator/organizations'))).data;
  assert.equal(listed.length, 12, 'one organization each, whatever was begun again');
  await latchkey.stop();
});
