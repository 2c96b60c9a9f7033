// `latchkey import FILE`: reads, maps, sends in batches, goes on where an earlier run has ended, and writes down what was
// skipped and why. Every batch may be sent twice; so a break anywhere costs a repeat and nothing else.
import { type FileHandle, open, readFile } from 'node:fs/promises';
import type { Latchkey } from '../../client.ts';
import { LatchkeyError } from '../../errors.ts';
import type { Schema } from '../../types.ts';
import { EXIT, type Given, Misuse, type Option } from '../command.ts';
import { facts, plain } from '../print.ts';
import { type Progress, progress } from './progress.ts';
import { type Format, isFields, parsed } from './parse.ts';
import { formatOf, records } from './records.ts';
import { type Row, SOURCES } from './sources.ts';
import { type Counts, type State, forgetState, identity, readState, writeState } from './state.ts';

/** As many as one request takes, in keys and, with room to spare, in bytes. */
const BATCH_KEYS = 500;
const BATCH_BYTES = 900_000;
/** The pauses (s) after which a batch is sent again that nobody has answered. */
const PAUSES = [1, 2, 4, 8, 16];

type Outcome = Pick<Schema<'ImportedRow'>, 'result' | 'reason' | 'field' | 'message' | 'keyId'>;

/** A record of the file on its way. */
interface Pending {
  /** Its place in the file, from 1. */
  record: number;
  row: Row;
}

export const importOptions = (environment: Option, session: Option, permission: Option): Record<string, Option> => ({
  from: { value: 'SYSTEM', choices: Object.keys(SOURCES), help: 'where the file comes from, plain unless given' },
  prefix: { value: 'TEXT', help: "how the keys begin; '' if they have no prefix. Required" },
  format: { value: 'NAME', choices: ['jsonl', 'csv', 'json'], help: 'what is in the file, by its name unless given' },
  session, environment, permission: { ...permission, help: 'a permission for keys that the file gives none; give it again for more' },
  report: { value: 'PATH', help: 'where to write what was skipped and why; FILE.skipped.jsonl unless given' },
  'dry-run': { help: 'only tell what would become of them' },
  restart: { help: 'begin anew, though an earlier run was cut off' },
});

export async function importFile(given: Given): Promise<number> {
  const { one, many } = given;
  const [file] = given.ids as [string];
  const prefix = one('prefix');
  if (prefix === undefined) throw new Misuse("--prefix is missing: how do the keys begin? --prefix '' if they have none");
  const source = SOURCES[one('from') ?? 'plain']!;
  const format = (one('format') as Format | undefined) ?? formatOf(file);
  const dryRun = given.is('dry-run');
  const body = { prefix, dryRun, sessionId: one('session'), environment: one('environment') as Schema<'ImportKeys'>['environment'] };
  const defaults = many('permission');
  const statePath = `${file}.import-state`;
  const of = await identity(file, [one('from') ?? 'plain', format, ...Object.values(body).map(String), String(defaults)]).catch(() => Promise.reject(new Misuse('the file cannot be read')));
  const earlier = dryRun || given.is('restart') ? undefined : await readState(statePath, of);
  const client = await given.client();
  const state: State = earlier ?? { of, done: 0, counts: { imported: 0, existing: 0, skipped: 0 } };
  if (earlier) given.note(`Going on after ${earlier.done.toLocaleString('en')} records.`);

  const reportPath = one('report') ?? `${file}.skipped.jsonl`;
  const report = await reportFrom(reportPath, state.done);
  let bar: Progress | undefined;
  try {
    let [batch, bytes, read]: [Pending[], number, number] = [[], 0, 0];
    const flush = async (share: number) => {
      if (batch.length > 0) await settle(await send(client, body, batch), batch, state.counts, report);
      state.done = read;
      [batch, bytes] = [[], 0];
      if (!dryRun) await writeState(statePath, state);
      bar?.at(read, share);
    };
    let end = 0;
    for await (const { fields, share } of records(file, format, source.lists)) {
      if (read < state.done) {
        read += 1;
        end = share;
        continue;
      }
      bar ??= progress(process.stderr, { records: read, share: end });
      const mapped = fields === undefined ? { skipped: 'it cannot be read' } : source.map(fields, prefix);
      if ('skipped' in mapped) {
        read += 1;
        state.counts.skipped += 1;
        await write(report, read, { result: 'invalid', reason: 'invalid_field', field: null, message: mapped.skipped, keyId: null });
      } else {
        const row = mapped.row.permissions === undefined && mapped.row.permission === undefined && defaults ? { ...mapped.row, permissions: defaults } : mapped.row;
        const size = Buffer.byteLength(JSON.stringify(row)) + 1;
        if (batch.length > 0 && bytes + size > BATCH_BYTES) await flush(end);
        read += 1;
        batch.push({ record: read, row });
        bytes += size;
      }
      end = share;
      if (batch.length === BATCH_KEYS) await flush(share);
    }
    await flush(1);
  } finally {
    bar?.end();
    await report.close();
  }
  if (!dryRun) await forgetState(statePath);
  return told(given, state, dryRun, reportPath);
}

/** A report that goes on after so many records: what was written beyond them is written again. */
async function reportFrom(path: string, done: number): Promise<FileHandle> {
  const former = done === 0 ? '' : await readFile(path, 'utf8').catch(() => '');
  const kept = former.split('\n').filter((text) => {
    const one = parsed(text);
    return isFields(one) && Number(one.record) <= done;
  });
  const report = await open(path, 'w', 0o600);
  if (kept.length > 0) await report.write(`${kept.join('\n')}\n`);
  return report;
}

function told(given: Given, { done, counts }: State, dryRun: boolean, reportPath: string): number {
  const { imported, existing, skipped } = counts;
  if (given.json) given.out(JSON.stringify({ records: done, dryRun, ...counts, report: reportPath }));
  else given.out(facts([['records', done], [dryRun ? 'would be imported' : 'imported', imported || '0'], ['there already', existing || '0'], ['skipped', skipped || '0'], ['report', skipped > 0 ? reportPath : 'nothing to report']]));
  return skipped > 0 ? EXIT.refused : EXIT.done;
}

/** What became of the rows of a batch. A row whose form is wrong is taken out, and the others are sent again. */
async function send(client: Latchkey, body: Omit<Schema<'ImportKeys'>, 'keys'>, batch: Pending[]): Promise<Outcome[]> {
  const outcomes = new Map<Pending, Outcome>();
  for (let pause = 0; ; ) {
    const left = batch.filter((one) => !outcomes.has(one));
    if (left.length === 0) break;
    try {
      const { rows } = await client.keys.import({ ...body, keys: left.map(({ row }) => row) }, { timeoutMs: 60_000 });
      left.forEach((one, at) => outcomes.set(one, rows[at]!));
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error;
      const wrong = error.code === 'invalid_request' ? error.violations.map(({ pointer, message }) => ({ at: /^\/keys\/(\d+)(\/.*)?$/.exec(pointer ?? ''), message })) : [];
      for (const { at, message } of wrong) {
        const one = at ? left[Number(at[1])] : undefined;
        if (one) outcomes.set(one, { result: 'invalid', reason: 'invalid_field', field: at![2] ?? null, message, keyId: null });
      }
      if (wrong.some(({ at }) => at)) continue;
      const again = error.isUnavailable || error.status === 429;
      if (!again || pause === PAUSES.length) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSES[pause]! * 1000, error.retryAfterMs ?? 0)));
      pause += 1;
    }
  }
  return batch.map((one) => outcomes.get(one)!);
}

async function settle(outcomes: Outcome[], batch: Pending[], counts: Counts, report: FileHandle): Promise<void> {
  for (const [at, outcome] of outcomes.entries()) {
    if (outcome.result === 'imported') counts.imported += 1;
    else if (outcome.result === 'exists') counts.existing += 1;
    else {
      counts.skipped += 1;
      await write(report, batch[at]!.record, outcome, batch[at]!.row);
    }
  }
}

/** A line that says which record, and why: by what it is called and by its place, never by its key. */
async function write(report: FileHandle, record: number, { reason, field, message }: Outcome, row?: Row): Promise<void> {
  const called = { name: row?.name, externalId: row?.externalId };
  await report.write(`${JSON.stringify({ record, reason, field: field ?? undefined, message: plain(message), ...called })}\n`);
}
