// The memory of the runtime, as the system sees it.
import { readdirSync, readFileSync } from 'node:fs';

/** Resident memory (MB) of all `workerd` that this process has started; 0 where the system does not tell. */
export function processMemory(): number {
  let sum = 0;
  for (const pid of processes()) sum += Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return sum / 1024;
}

function processes(): string[] {
  const entries = process.platform === 'linux' ? readdirSync('/proc') : [];
  return entries.filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(read(`/proc/${pid}/stat`)) ?? [];
    return name === 'workerd' && Number(parent) === process.pid;
  });
}

/** A process may be gone by the time that it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
