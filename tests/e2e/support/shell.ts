// Runs the project's own commands as a person would, and waits for what they say.
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after } from 'node:test';

export const root = join(import.meta.dirname, '../../..');

export interface Finished {
  code: number | null;
  output: string;
}

/** Runs a command to its end. */
export function run(command: string, args: string[], { env = {}, stdin }: { env?: NodeJS.ProcessEnv; stdin?: string } = {}): Promise<Finished> {
  const child = spawn(command, args, { cwd: root, env: environment(env) });
  // A command that ends without reading what it is told has not failed by that.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin ?? '');
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

/** A command that goes on running; it ends with the spec file. */
export class Running {
  output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(command, args, { cwd: root, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk) => (this.output += chunk));
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
    after(() => this.child.kill('SIGTERM'));
  }

  /** Waits until the output matches. */
  async says(pattern: RegExp, seconds = 120): Promise<RegExpExecArray> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (this.child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never said ${pattern}:\n${this.output}`);
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Without the marks of the test runner around us: a `node --test` below us would report to it. */
function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1', ...env };
}
