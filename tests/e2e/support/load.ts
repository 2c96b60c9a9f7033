// Load from several client processes, and what of it was accepted when.
import { fork } from 'node:child_process';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Findings, Question } from './verifier.ts';

export type { Question } from './verifier.ts';

/** The clock by which the findings are told (ms). */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

export interface Load {
  /** Something more to ask. */
  add: (questions: Question[]) => void;
  /** A question that is asked no more. */
  drop: (id: string) => void;
  /** Ends it; what all processes have found. */
  stop: () => Promise<Findings>;
}

/** Starts that many processes, each with a few connections in a closed loop. */
export function startLoad(processes: number): Load {
  const path = fileURLToPath(new URL('./verifier.ts', import.meta.url));
  const children = Array.from({ length: processes }, () => fork(path, { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  // Nobody goes on asking when a spec has failed in between.
  after(() => children.forEach((child) => child.kill()));
  const found = children.map((child) => new Promise<Findings>((resolve, reject) => {
    child.once('message', (findings) => resolve(findings as Findings));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a client process ended with ${code}`)));
  }));
  return {
    add: (questions) => children.forEach((child) => child.send({ add: questions })),
    drop: (id) => children.forEach((child) => child.connected && child.send({ drop: id })),
    stop: async () => {
      for (const child of children) child.send({ stop: true });
      return (await Promise.all(found)).reduce(merge);
    },
  };
}

function merge(one: Findings, other: Findings): Findings {
  const accepted = { ...one.accepted };
  for (const [id, moments] of Object.entries(other.accepted)) accepted[id] = [...(accepted[id] ?? []), ...moments];
  const outcomes = { ...one.outcomes };
  for (const [outcome, count] of Object.entries(other.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  return { accepted, outcomes, asked: one.asked + other.asked };
}
