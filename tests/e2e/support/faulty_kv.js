// A KV namespace that does what KV may do: fail, be slow, hang, lose an acknowledgement, write late, show what was there some
// time ago, and refuse a second write of a name within a second. Around the real one: what gets through is really stored.
import { happens, pause } from './faulty_faults.js';

/** When a name was last written, for the bound on writes of one name. @type {Map<string, number>} */
const written = new Map();
/** What has been given up but will be written, when it is told to. @type {[string, ArrayBuffer][]} */
const late = [];
/** What readers see while the namespace is frozen. @type {Map<string, ArrayBuffer> | undefined} */
let snapshot;
/** The runtime's own words. */
const refusal = (operation, status) => new Error(`KV ${operation} failed: ${status}`);

/**
 * @param {any} kv  the namespace
 * @param {() => any} faults  `{ get, put, perKeyMs, frozen }` as they are now
 * @param {any} seen  what is counted
 */
export function faultyKv(kv, faults, seen) {
  const count = (what) => (seen.kv[what] = (seen.kv[what] ?? 0) + 1);
  return {
    async get(name, ...options) {
      count('get');
      const fault = happens(faults().get, name);
      if (fault) count('getFault');
      await pause(fault);
      if (fault?.fail) throw refusal('GET', fault.fail);
      if (fault?.empty) return null;
      if (snapshot) return snapshot.get(name) ?? null;
      return kv.get(name, ...options);
    },
    async put(name, value, ...options) {
      count('put');
      const fault = happens(faults().put, name);
      const note = (outcome) => {
        count(outcome);
        if (seen.writes.length < 50_000) seen.writes.push([name, Date.now(), outcome]);
      };
      await pause(fault);
      if (fault?.late) {
        late.push([name, value.slice(0)]);
        note('late');
        throw refusal('PUT', '504 Gateway Timeout');
      }
      if (fault?.fail && !fault.after) {
        note('failed');
        throw refusal('PUT', fault.fail);
      }
      const { perKeyMs } = faults();
      if (perKeyMs && Date.now() - (written.get(name) ?? -Infinity) < perKeyMs) {
        note('throttled');
        throw refusal('PUT', '429 Too Many Requests');
      }
      written.set(name, Date.now());
      await kv.put(name, value, ...options);
      note(fault?.after ? 'unacknowledged' : 'written');
      if (fault?.after) throw refusal('PUT', fault.fail || '500 Internal Server Error');
    },
    getWithMetadata: (...all) => kv.getWithMetadata(...all),
    list: (...all) => kv.list(...all),
    delete: (...all) => kv.delete(...all),
  };
}

/** Writes what was given up, as if it had been on its way until now. Answers how many. */
export async function landLate(kv) {
  const landed = late.splice(0);
  for (const [name, value] of landed) await kv.put(name, value);
  return landed.length;
}

/** From now on readers see what is there now, or, again, what there is. */
export async function freeze(kv, frozen) {
  if (!frozen) return void (snapshot = undefined);
  if (snapshot) return;
  const kept = new Map();
  for (let cursor, done = false; !done; ) {
    const { keys, ...page } = await kv.list({ cursor });
    for (const { name } of keys) kept.set(name, await kv.get(name, { type: 'arrayBuffer' }));
    done = page.list_complete;
    cursor = page.cursor;
  }
  snapshot = kept;
}
