// The client in Rust, clients/rust, with examples/axum: a workspace beside the worker's package, with a lock file and a
// target directory of its own, so that neither build waits for the other or changes with it.
import { join, resolve } from 'node:path';
import { at, exe, root } from './env.mjs';
import { run } from './process.mjs';
import { step } from './steps.mjs';

// What is relative is so to the root, where all of this is started from.
const target = join(resolve(root, process.env.CARGO_TARGET_DIR ?? 'target'), 'clients');

/** How cargo is run for it. */
export const rustClient = { cwd: at('clients/rust'), env: { ...process.env, CARGO_TARGET_DIR: target } };

/** A program that `buildRustClient` has built. @param {string} name  `examples/` before it for an example of the crate */
export const rustProgram = (name) => join(target, 'debug', name + exe);

/** What the specs run: the examples, with everything that their users get, TLS included. */
export function buildRustClient() {
  return step('client in Rust, and its examples', () => run('cargo', ['build', '--workspace', '--bins', '--examples', '--locked'], rustClient).then(() => undefined));
}
