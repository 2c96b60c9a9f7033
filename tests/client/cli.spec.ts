// The command line, as processes of its own, before the real service: what it prints where, how it ends, and that no key
// has to be an argument.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordSecretKeys } from '../e2e/support/canary.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { freePort, root } from '../e2e/support/shell.ts';
import { sleep } from './support/real.ts';

const latchkey = await startLatchkey();
const { key: rootKey } = await latchkey.createOrganization('Command line');
const api = latchkey.api(rootKey);
const script = join(root, 'clients/typescript/dist/cli.js');

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function run(command: string, args: string[], { stdin = '', env = {} }: { stdin?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ended> {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: rootKey, ...env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  child.stdin.on('error', () => {}).end(stdin);
  return new Promise((resolve) => child.on('close', (code) => (recordSecretKeys(out), resolve({ code, out, err }))));
}

const cli = (line: string, options?: Parameters<typeof run>[2]) => run(process.execPath, [script, ...line.split(' ').filter(Boolean)], options);

async function good(line: string, options?: Parameters<typeof run>[2]): Promise<Ended> {
  const ended = await cli(line, options);
  assert.equal(ended.code, 0, `${line}: ${ended.err}`);
  return ended;
}

test('a key, from its issue to its end: the key alone is on standard output', async () => {
  const { out, err } = await good('keys create --name Pipeline --permission emails:send --expires 90d --rate-limit burst=10/1s --credits 500 --external-id user-7');
  assert.match(out, /^sk_live_[0-9A-Za-z]{48}\n$/);
  assert.match(err, /name +Pipeline\n/);
  const key = out.trim();
  assert.ok(!err.includes(key));
  const id = /key_[0-9A-Za-z]+/.exec(err)![0];

  const shown = JSON.parse((await good(`keys show ${id} --json`)).out);
  assert.deepEqual([shown.permissions, shown.externalId, shown.rateLimits[0].limit, shown.credits.remaining], [['emails:send'], 'user-7', 10, 500]);
  assert.ok(Math.abs(Date.parse(shown.expiresAt) - Date.now() - 90 * 86_400_000) < 600_000);
  assert.match((await good('keys list --search Pipeline')).out, new RegExp(`^ID +NAME .*\\n${id} +Pipeline +active +${key.slice(0, 12)}…`));

  assert.match((await good('keys verify --permission emails:send', { stdin: `${key}\n` })).out, /^code +VALID\n/);
  const refused = await cli('keys verify --permission emails:read --json', { stdin: key });
  assert.deepEqual([refused.code, JSON.parse(refused.out).code], [3, 'INSUFFICIENT_PERMISSIONS']);

  const rotated = await good(`keys rotate ${id} --overlap 1h`);
  assert.notEqual(rotated.out, out);
  const unsure = await cli(`keys revoke ${id}`);
  assert.deepEqual([unsure.code, unsure.err], [2, 'latchkey: nobody can be asked here: say --yes\n']);
  assert.match((await good(`keys revoke ${id} --yes --reason Done`)).out, /status +revoked\n[^]*reason +Done/);
  assert.equal((await cli('keys verify', { stdin: key })).code, 3);
  assert.match((await good('keys list --status revoked')).out, new RegExp(id));
});

test('sessions, and what the key itself is', async () => {
  const { out } = await good('sessions create --name Customer --environment development --json');
  const { id } = JSON.parse(out);
  assert.match((await good('sessions list')).out, new RegExp(`^ID .*\\n${id} +Customer +connected +development`));
  assert.match((await good(`keys create --name Theirs --session ${id}`)).out, /^sk_dev_/);
  assert.match((await good(`sessions show ${id}`)).out, /name +Customer\n/);
  assert.match((await good('whoami')).out, /permissions +\*\n/);
  assert.match((await good(`sessions delete ${id} --yes`)).out, /status +deleted/);
});

test('lists end where they are told to, and say so', async () => {
  for (let at = 0; at < 3; at++) await api.post('/v1/api_keys', { name: `Listed ${at}`, externalId: 'listed' });
  const some = await good('keys list --external-id listed --limit 2 --json');
  assert.deepEqual([JSON.parse(some.out).length, some.err], [2, 'There are more than 2: --limit 0 shows all of them.\n']);
  const all = await good('keys list --external-id listed --limit 0 --json');
  assert.deepEqual([JSON.parse(all.out).length, all.err], [3, '']);
});

test('usage is a chart of characters, or JSON', async () => {
  const { body: issued } = await api.post('/v1/api_keys', { name: 'Charted', permissions: ['emails:send'] });
  for (const permissions of ['emails:send', 'emails:send', 'emails:read']) await api.post('/v1/keys/verify', { key: issued.key, permissions });
  // What was decided by a lease is reported within ten seconds.
  const counted = async () => (await api.get(`/v1/api_keys/${issued.id}/usage`)).body.totals.requests;
  for (const end = Date.now() + 60_000; (await counted()) < 3 && Date.now() < end; ) await sleep(200);
  const { out } = await good(`usage ${issued.id} --granularity hour --from 12h`);
  assert.match(out, /^ +3 ┤ *░/);
  assert.match(out, /█/);
  assert.match(out, /requests +3\nlet through +2 \(66\.7 %\)\nrefused +1\nby code +VALID 2, INSUFFICIENT_PERMISSIONS 1/);
  assert.ok(out.split('\n').every((line) => line.length <= 80) && !out.includes('\u001b'));
  assert.equal(JSON.parse((await good(`usage ${issued.id} --json`)).out).totals.requests, 3);
  assert.match((await good('usage --from 7d --granularity day')).out, /by day/);
  assert.match((await good(`usage ${issued.sessionId}`)).out, /requests +\d+/);
});

test('a name cannot steer the terminal', async () => {
  // The service lets nobody have such a name; what stands before it might.
  const { plain } = await import('../../clients/typescript/src/cli/print.ts');
  assert.equal(plain('a\u001b[2Jb\u0007c\u202ed\ne'), 'a·[2Jb·c·d·e');
});

test('keys are no arguments, and are not repeated', async () => {
  for (const line of [`keys verify ${rootKey}`, `keys show ${rootKey}`, `keys revoke ${rootKey} --yes`, `${rootKey}`, `keys verify --key=${rootKey}`, `help ${rootKey}`]) {
    const { code, out, err } = await cli(line);
    assert.equal(code, 2, line);
    assert.ok(!`${out}${err}`.includes(rootKey.slice(8, 30)), err);
  }
  for (const stdin of ['', '\n', 'two keys', `${'x'.repeat(5_000)}`]) assert.equal((await cli('keys verify', { stdin })).code, 2);
});

test('the exit code says how it ended', async () => {
  for (const line of ['', 'help', '--help', 'keys --help', 'keys create --help', 'help keys create', '--version', 'help sessions']) assert.equal((await cli(line)).code, 0, line);
  for (const line of ['nothing', 'keys nothing', 'keys', 'keys show', 'keys show a b', 'keys list --nothing', 'keys list --status odd', 'keys create', 'keys create --name A --expires soon', 'keys create --name A --rate-limit ten', 'keys rotate key_made', 'completion tcsh', 'keys list --limit']) {
    const { code, err, out } = await cli(line);
    assert.deepEqual([code, out === '' || line === 'keys'], [2, true], `${line}: ${err}`);
  }
  const missing = await cli('keys show key_0000000000000000000000000000000');
  assert.deepEqual([missing.code, /api_key_not_found, req_/.test(missing.err)], [1, true]);
  assert.match((await cli('keys create --name A --session ses_made')).err, /\n {2}sessionId /);
  assert.equal((await cli('whoami', { env: { LATCHKEY_KEY: 'nonsense' } })).code, 1);
  assert.equal((await cli('whoami', { env: { LATCHKEY_KEY: '' } })).code, 2);
  assert.equal((await cli('whoami', { env: { LATCHKEY_URL: '' } })).code, 2);
  assert.equal((await cli('whoami', { env: { LATCHKEY_URL: 'http://keys.example.com' } })).code, 2);
  assert.equal((await cli(`whoami --url http://127.0.0.1:${await freePort()}`)).code, 4);
});

test('the help shows every exit code and every command, and completions know them', async () => {
  const { out: help } = await good('help');
  const source = readFileSync(join(root, 'clients/typescript/src/cli/command.ts'), 'utf8');
  for (const [, code] of /EXIT = \{(.*)\}/.exec(source)![1]!.matchAll(/: (\d)/g)) assert.match(help, new RegExp(`^  ${code}  `, 'm'));
  const { out: bash } = await good('completion bash');
  const complete = async (...words: string[]) => {
    const { out, code, err } = await run('bash', ['-c', `${bash}\nCOMP_WORDS=(latchkey "$@"); COMP_CWORD=$#; _latchkey; echo "\${COMPREPLY[*]}"`, 'bash', ...words]);
    assert.equal(code, 0, err);
    return out.trim().split(' ').filter(Boolean);
  };
  assert.deepEqual(await complete(''), ['keys', 'import', 'sessions', 'usage', 'whoami', 'completion', 'help']);
  assert.deepEqual(await complete('keys', 're'), ['revoke']);
  assert.deepEqual(await complete('keys', 'list', '--s'), ['--status', '--session', '--search']);
  assert.deepEqual(await complete('keys', 'list', '--status', 're'), ['revoked']);
  assert.deepEqual(await complete('usage', '--gran'), ['--granularity']);
  for (const [, name] of help.matchAll(/^ {2}((?:keys|sessions) \w+|import|usage|whoami)/gm)) {
    for (const shell of ['zsh', 'fish']) assert.ok((await good(`completion ${shell}`)).out.includes(name!.split(' ').at(-1)!), `${shell}: ${name}`);
  }
});
