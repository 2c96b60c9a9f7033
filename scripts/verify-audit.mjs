// `npm run verify-audit -- FILE`: whether a copy of the audit log (`GET …/audit_log/export`) is whole and unchanged. It
// needs no network and no secret. With `--from SEQ:HASH` the copy has to go on where one that was kept has ended, and with
// `--head SEQ:HASH` it has to contain an entry that was noted earlier: whoever has written the whole log anew is found out
// by what somebody else has kept.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const GENESIS = '0'.repeat(64);

/** The hash of an entry that follows `previous`. @param {string} previous @param {number} seq @param {string} entry */
const chained = (previous, seq, entry) => createHash('sha256').update(`${previous}\n${seq}\n${entry}\n`).digest('hex');

/**
 * Checks the lines of a copy.
 *
 * @param {AsyncIterable<string>} lines
 * @param {{ from?: string, head?: string }} known places, as `SEQ:HASH`, that somebody has kept
 * @returns {Promise<{ entries: number, first: string, last: string }>}
 * @throws {Error} that names the first line that is wrong
 */
export async function verify(lines, { from, head } = {}) {
  let number = 0;
  let entries = 0;
  let first = '';
  /** @type {{ seq: number, hash: string } | undefined} */
  let last;
  let ended = false;
  let found = head === undefined;
  const wrong = (/** @type {string} */ what) => new Error(`line ${number}: ${what}`);
  for await (const text of lines) {
    number++;
    if (ended) throw wrong('there is more after the end');
    /** @type {any} */
    let line;
    try {
      line = JSON.parse(text);
    } catch {
      throw wrong('is no JSON: the copy has broken off or was changed');
    }
    const { type, seq, hash, entry } = line;
    if (last === undefined) {
      if (type !== 'anchor') throw wrong('does not say where the copy begins');
      if (seq === 0 && hash !== GENESIS) throw wrong('is not the beginning of a log');
      first = `${seq}:${hash}`;
      if (from !== undefined && first !== from) throw wrong('does not go on where the other copy has ended');
    } else if (type === 'head') {
      if (seq !== last.seq || hash !== last.hash) throw wrong('is another end than that of the entries: some are missing');
      ended = true;
    } else {
      if (seq !== last.seq + 1) throw wrong(`is entry ${seq}, not ${last.seq + 1}`);
      if (typeof entry !== 'string' || hash !== chained(last.hash, seq, entry)) throw wrong(`entry ${seq} was changed`);
      entries++;
    }
    last = { seq, hash };
    found ||= head === `${seq}:${hash}`;
  }
  if (!last || !ended) throw new Error('the end is missing: the copy has broken off');
  if (!found) throw new Error(`${head} is not in it: the log was written anew`);
  return { entries, first, last: `${last.seq}:${last.hash}` };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { from: { type: 'string' }, head: { type: 'string' } } });
  try {
    const [file] = positionals;
    if (!file) throw new Error('usage: npm run verify-audit -- FILE [--from SEQ:HASH] [--head SEQ:HASH]');
    const { entries, first, last } = await verify(createInterface({ input: createReadStream(file), crlfDelay: Infinity }), values);
    console.log(`✓ ${entries} entries, unbroken from ${first} to ${last}`);
  } catch (error) {
    console.error(`✗ ${/** @type {Error} */ (error).message}`);
    process.exitCode = 1;
  }
}
