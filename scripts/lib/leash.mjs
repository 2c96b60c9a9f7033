// Runs the command in its arguments and ends it, with all its descendants, when standard input closes.
// The other end of that pipe is held by the script that started us, so it closes even when that script is killed with
// SIGKILL: workerd never stays behind holding the port.
import { spawn, spawnSync } from 'node:child_process';

const [command = '', ...args] = process.argv.slice(2);
const windows = process.platform === 'win32';
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('close', (code) => process.exit(code ?? 1));
child.on('error', () => process.exit(127));

let ending = false;
function end() {
  if (ending) return;
  ending = true;
  if (windows) {
    spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
    return;
  }
  // We lead a process group of our own: the signal reaches the command and everything that it started, and us.
  process.kill(-process.pid, 'SIGTERM');
  setTimeout(() => process.kill(-process.pid, 'SIGKILL'), 3000).unref();
}
process.stdin.resume().on('end', end).on('error', end);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, end);
