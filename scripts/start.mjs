// `npm start`: from a fresh clone to a running service. Checks the machine, installs what is missing into the project,
// writes random secrets, builds, and runs `wrangler dev` with state that survives restarts.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { home, node, windows, wrangler, wranglerEnv } from './lib/env.mjs';
import { build, justBuilt } from './lib/build.mjs';
import { answering, demoOrganization, tour } from './lib/demo.mjs';
import { leashed } from './lib/process.mjs';
import { devVars, localSecrets } from './lib/secrets.mjs';
import { Failure, bold, dim, green, main, red, step } from './lib/steps.mjs';
import { prepare } from './lib/tools.mjs';

const host = process.env.HOST || '127.0.0.1';
const port = Number(process.env.PORT || 8787);
const url = `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;

await main(async () => {
  await portIsFree();
  await prepare();
  const secrets = await step('secrets in .dev.vars', ({ note }) => {
    const local = localSecrets();
    if (local.written) note('written with random values');
    return local;
  });
  if (secrets.advice) console.log(`  ${secrets.advice}`);
  await build({ dev: true });
  await serve(secrets);
});

async function portIsFree() {
  const listens = () => new Promise((/** @type {(error: NodeJS.ErrnoException | null) => void} */ resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen(port, host, () => probe.close(() => resolve(null)));
  });
  // A run that was just ended may need a moment to let go.
  for (const end = Date.now() + 4000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const error = await listens();
    if (!error) return;
    if (error.code !== 'EADDRINUSE') throw new Failure(`Cannot listen on ${host}:${port}: ${error.message}`);
    if (Date.now() > end) throw new Failure(`Port ${port} on ${host} is taken. Stop what runs there, or choose another: PORT=${port + 1} npm start`);
  }
}

/** @param {ReturnType<typeof localSecrets>} secrets */
async function serve({ operatorToken, open }) {
  const command = /** @type {string} */ (node());
  const args = [wrangler, 'dev', '--ip', host, '--port', String(port), '--persist-to', join(home, '.wrangler/state'), '--env-file', devVars, '--show-interactive-dev-session=false'];
  const server = leashed(command, args, { ...wranglerEnv(), ...justBuilt() });
  let gone = false;
  let asked = false;
  const stop = () => {
    asked = true;
    server.stop();
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, stop);
  stopWithNpm(stop);
  const ended = server.ended.then((code) => {
    gone = true;
    return code;
  });

  const status = await answering(url, () => gone);
  if (status === 200) {
    const { key, reason } = await demoOrganization(url, operatorToken);
    console.log(`\n${green('●')} ${bold(`Latchkey is running at ${url}`)}   (Ctrl-C ends it; state stays in .wrangler/state)\n`);
    console.log(`  The dashboard: ${bold(url)}${open ? dim(`   (register at ${url}/register)`) : ''}\n`);
    if (key) console.log(`  The demo organization's key, shown this once:  ${bold(key)}\n`);
    if (reason) console.log(`  ${red('!')} No demo organization was created: ${reason}.\n`);
    console.log(tour(url, key, open));
  } else if (status) {
    console.log(`\n${red('●')} The service answers ${status} at ${url}/healthz; the reason is in the log above.\n`);
  }
  const code = await ended;
  if (!asked) throw new Failure(`wrangler dev ended by itself (exit code ${code}).`);
}

/** npm killed with SIGKILL cannot pass the signal on; its shell is then no longer our parent. @param {() => void} stop */
function stopWithNpm(stop) {
  if (!process.env.npm_lifecycle_event || windows) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), 500).unref();
}
