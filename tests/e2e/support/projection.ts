// What KV holds, and what it ought to hold by what the sessions have on disk.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sleep } from './acceptance.ts';
import type { Latchkey } from './latchkey.ts';

/** By KV name: id, version and whether it is revoked. */
export type Names = Record<string, string>;

/** What the sessions have, read from copies: the runtime is using the files. */
export function projection(latchkey: Latchkey): Names {
  const names: Names = {};
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-'));
  try {
    for (const file of latchkey.sqliteFiles('SessionObject')) {
      const copy = join(directory, basename(file));
      for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
      const database = new DatabaseSync(copy);
      const rows = database.prepare(`SELECT 'key/' || hash AS name, api_keys.id, json_extract(api_keys.record, '$.generation') AS generation,
        json_extract(api_keys.record, '$.revocation') IS NOT NULL OR json_extract(session.record, '$.status') = 'deleted' AS ended FROM api_keys, session`).all();
      for (const { name, id, generation, ended } of rows as any[]) names[name] = `${id} ${generation} ${ended === 1}`;
      database.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return names;
}

/** What KV has, in the same words. */
export async function inKv(latchkey: Latchkey): Promise<Names> {
  const kv = await latchkey.kv();
  const entries = (await kv.names()).map(async (name: string) => {
    const { record } = JSON.parse((await kv.get(name)) ?? '{}');
    return [name, `${record?.id} ${record?.generation} ${record?.revocation !== null}`];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Waits until KV is what it ought to be; how long that took (ms). What is there for nobody any more is left out. */
export async function converged(latchkey: Latchkey, seconds: number): Promise<number> {
  const began = Date.now();
  for (;;) {
    const [wanted, found] = [projection(latchkey), await inKv(latchkey)];
    const missing = Object.keys(wanted).filter((name) => wanted[name] !== found[name]);
    if (missing.length === 0) return Date.now() - began;
    if (Date.now() - began > seconds * 1_000) throw new Error(`${missing.length} of ${Object.keys(wanted).length} names in KV are not what they ought to be after ${seconds} s`);
    await sleep(200);
  }
}
