// What the objects have on disk when the process is dead, and whether it agrees with itself and with KV: rows, audit entries,
// outbox, chains, the directory. Read from copies, so that the databases are recovered by nobody but the runtime.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { verify } from '../../../scripts/verify-audit.mjs';

/** The record of a key, as far as it matters here. */
export interface Record {
  id: string;
  session_id: string;
  settings: { name: string; metadata: any; expires_at: number | null };
  revocation: { at: number; reason: string | null } | null;
  rotated_from: string | null;
  rotated_to: string | null;
  generation: number;
}

export interface Entry {
  seq: number;
  hash: string;
  /** The text that the hash covers. */
  text: string;
  action: string;
  target: string;
  details: string[];
}

interface Common {
  file: string;
  integrity: string;
  /** What waits, as `lane subject`, with the version. */
  outbox: Map<string, number>;
  log: Entry[];
  anchor: { seq: number; hash: string };
}

export interface SessionOnDisk extends Common {
  id: string;
  keys: Map<string, { hash: string; record: Record; counts: number; expiresAt: number | null }>;
}

export interface OrganizationOnDisk extends Common {
  id: string;
  /** Generations of the keys in the directory. */
  keys: Map<string, number>;
  /** Entries that were copied, as `session seq`. */
  copied: Map<string, number>;
}

export interface Disk {
  sessions: SessionOnDisk[];
  organizations: OrganizationOnDisk[];
}

/** Reads everything. */
export function readDisk(directory: string): Disk {
  const copies = mkdtempSync(join(tmpdir(), 'latchkey-proof-'));
  try {
    const all = <T>(className: string, read: (database: DatabaseSync, common: Common) => T) => databases(directory, className).map((file) => {
      const copy = join(copies, basename(file));
      for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
      const database = new DatabaseSync(copy);
      try {
        // A database that its object had not yet begun to fill.
        if (!rows(database, "SELECT name FROM sqlite_master WHERE name = 'outbox'").length) return undefined;
        return read(database, common(database, file));
      } finally {
        database.close();
      }
    }).filter((found) => found !== undefined);
    return { sessions: all('SessionObject', session), organizations: all('OrganizationObject', organization) };
  } finally {
    rmSync(copies, { recursive: true });
  }
}

function databases(directory: string, className: string): string[] {
  const place = join(directory, 'objects', className);
  if (!existsSync(place)) return [];
  return readdirSync(place).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)).map((name) => join(place, name));
}

const rows = (database: DatabaseSync, sql: string) => database.prepare(sql).all() as any[];

function common(database: DatabaseSync, file: string): Common {
  const [anchor] = rows(database, 'SELECT seq, hash FROM audit_anchor');
  return {
    file,
    integrity: rows(database, 'PRAGMA integrity_check').map(({ integrity_check }) => integrity_check).join(),
    outbox: new Map(rows(database, 'SELECT lane, subject, version FROM outbox').map(({ lane, subject, version }) => [`${lane} ${subject}`, version])),
    log: rows(database, 'SELECT seq, hash, entry FROM audit_log ORDER BY seq').map(({ seq, hash, entry }) => {
      const { action, target, details } = JSON.parse(entry);
      return { seq, hash, text: entry, action, target, details };
    }),
    anchor: anchor ?? { seq: 0, hash: '0'.repeat(64) },
  };
}

function session(database: DatabaseSync, common: Common): SessionOnDisk | undefined {
  const [row] = rows(database, 'SELECT record FROM session');
  if (!row) return undefined;
  const keys = rows(database, 'SELECT id, hash, record, counts, expires_at FROM api_keys').map(({ id, hash, record, counts, expires_at: expiresAt }) => [id, { hash, record: JSON.parse(record), counts, expiresAt }] as const);
  return { ...common, id: JSON.parse(row.record).id, keys: new Map(keys) };
}

function organization(database: DatabaseSync, common: Common): OrganizationOnDisk | undefined {
  const [row] = rows(database, 'SELECT record FROM organization');
  if (!row) return undefined;
  return {
    ...common, id: JSON.parse(row.record).id,
    keys: new Map(rows(database, 'SELECT id, generation FROM api_keys').map(({ id, generation }) => [id, generation])),
    copied: new Map(rows(database, 'SELECT session_id, session_seq, count(*) AS times FROM audit_origins GROUP BY 1, 2').map(({ session_id, session_seq, times }) => [`${session_id} ${session_seq}`, times])),
  };
}

/** What does not agree, in words; nothing if everything does. `drained`: nothing waits any more, so all copies are the newest. */
export async function disagreements(disk: Disk, kv: Map<string, Buffer>, { drained = false } = {}): Promise<string[]> {
  const found: string[] = [];
  const published = new Map([...kv].map(([name, value]) => [name, JSON.parse(value.toString())]));
  const names = new Set<string>();
  for (const object of [...disk.sessions, ...disk.organizations]) {
    if (object.integrity !== 'ok') found.push(`integrity_check of ${object.id}: ${object.integrity}`);
    await chain(object).catch((error: Error) => found.push(`the audit chain of ${object.id}: ${error.message}`));
    const waiting = [...object.outbox.keys()].filter((entry) => !SCHEDULED.test(entry));
    if (drained && waiting.length > 0) found.push(`${waiting.length} entries wait in ${object.id}, such as ${waiting[0]}`);
  }
  for (const session of disk.sessions) {
    const directory = disk.organizations.find(({ keys, copied }) => [...session.keys.keys()].some((id) => keys.has(id)) || [...copied.keys()].some((copy) => copy.startsWith(session.id)));
    found.push(...keysAndLog(session));
    for (const [id, { hash, record }] of session.keys) {
      names.add(`key/${hash}`);
      const waits = (lane: string) => (session.outbox.get(`${lane} ${id}`) ?? 0) >= record.generation;
      const inKv = published.get(`key/${hash}`)?.record;
      const known = inKv?.generation ?? 0;
      if (known < record.generation && !waits('kv')) found.push(`KV has generation ${known} of ${id}, not ${record.generation}, and nothing waits for it`);
      if (known > record.generation) found.push(`KV is ahead of ${id}`);
      if (known === record.generation && JSON.stringify(inKv.revocation) !== JSON.stringify(record.revocation)) found.push(`KV tells otherwise of ${id}`);
      const listed = directory?.keys.get(id) ?? 0;
      if (listed < record.generation && !waits('directory')) found.push(`the directory has generation ${listed} of ${id}, not ${record.generation}, and nothing waits for it`);
      if (listed > record.generation) found.push(`the directory is ahead of ${id}`);
    }
    for (const { seq } of session.log) {
      const copies = directory?.copied.get(`${session.id} ${seq}`) ?? 0;
      const announced = session.outbox.has(`audit ${seq}`);
      if (copies > 1 || (copies === 0 && !announced)) found.push(`entry ${seq} of ${session.id} was copied ${copies} times`);
    }
  }
  for (const name of published.keys()) if (!names.has(name)) found.push(`KV names a key that no object has: ${name}`);
  return found;
}

/** Lanes of what is sent when its time has come. */
const SCHEDULED = /^(usage|alerts|domain) /;

/** The chain of one log, as `npm run verify-audit` sees a copy of it. */
async function chain({ log, anchor }: Common): Promise<void> {
  const head = log.at(-1) ?? anchor;
  const lines = [{ type: 'anchor', ...anchor }, ...log.map(({ seq, hash, text }) => ({ seq, hash, entry: text })), { type: 'head', seq: head.seq, hash: head.hash }];
  await verify((async function* () {
    for (const line of lines) yield JSON.stringify(line);
  })());
}

/** Each row has the entries that made it what it is, and each entry its row. */
function keysAndLog({ id: session, keys, log }: SessionOnDisk): string[] {
  const found: string[] = [];
  const entries = (action: string, target: string) => log.filter((entry) => entry.action === action && entry.target === target);
  const made = new Map<string, number>();
  const changed = new Map<string, number>();
  for (const { action, target, details } of log) {
    if (action === 'api_key.created') made.set(target, (made.get(target) ?? 0) + 1);
    if (action === 'api_key.rotated') for (const id of details) made.set(id, (made.get(id) ?? 0) + 1);
    if (/^api_key\.(updated|disabled|enabled|revoked|rotated)$/.test(action)) changed.set(target, (changed.get(target) ?? 0) + 1);
  }
  for (const [id, { record, counts, expiresAt }] of keys) {
    const times = made.get(id) ?? 0;
    // The first key comes with its session, whose entry that is.
    const first = log[0]?.action === 'session.created' && times === 0 && record.generation === 1 && [...keys.keys()].filter((other) => !made.has(other)).length === 1;
    if (times !== 1 && !first) found.push(`${id} was made by ${times} entries`);
    // A rotation without an overlap replaces and revokes at once.
    const atOnce = record.revocation?.reason === 'rotated';
    if (record.generation !== 1 + (changed.get(id) ?? 0)) found.push(`${id} has generation ${record.generation} after ${changed.get(id) ?? 0} entries`);
    if ((record.revocation && !atOnce ? 1 : 0) !== entries('api_key.revoked', id).length) found.push(`${id} and its entry of revocation do not agree`);
    if ((record.rotated_to ? 1 : 0) !== entries('api_key.rotated', id).length) found.push(`${id} and its entry of rotation do not agree`);
    if (record.rotated_to && !(keys.has(record.rotated_to) && keys.get(record.rotated_to)!.record.rotated_from === id)) found.push(`${id} was replaced by nobody`);
    if ((counts === 1) !== (!record.revocation && !record.rotated_to)) found.push(`${id} takes ${counts} places`);
    if (expiresAt !== record.settings.expires_at) found.push(`${id} expires at two times`);
  }
  for (const id of [...made.keys(), ...changed.keys()]) if (!keys.has(id)) found.push(`an entry of ${session} is about ${id}, which is not there`);
  return found;
}

/** How many keys take a place in the plan, by the rows: both halves of a rotation share one until both have ended. */
export function places({ keys }: SessionOnDisk, now: number): number {
  const lives = ({ revocation, settings }: Record) => !revocation && (settings.expires_at === null || settings.expires_at > now);
  const successorLives = ({ rotated_to: successor }: Record) => successor !== null && lives(keys.get(successor)!.record);
  return [...keys.values()].filter(({ record }) => lives(record) && !successorLives(record)).length;
}
