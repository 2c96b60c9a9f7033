// An import on its way: a file record by record, to the service in batches. It can be stopped after any batch and go on
// there; a batch that was sent twice is only counted as there already.
import { api, ask, type Schema } from '../../api/client.ts';
import { Problem, sentence } from '../../api/problem.ts';
import { Misuse } from '../../../../clients/typescript/src/cli/command.ts';
import { bytesOf, DOCUMENT_MAX, type Format, type Found, rows, within } from '../../../../clients/typescript/src/cli/import/parse.ts';
import { SOURCES } from '../../../../clients/typescript/src/cli/import/sources.ts';
import { prepared, type Hashed, type Skipped } from './rows.ts';

/** As many as one request takes, in keys and, with room to spare, in bytes. */
const BATCH_KEYS = 500;
const BATCH_BYTES = 800_000;
/** The pauses (ms) after which a batch is sent again that nobody has answered. */
const PAUSES = [1000, 2000, 4000];
/** So many characters of a digest tell it from any other of a file. */
const APART = 32;

/** What is imported, and how. */
export interface Job {
  /** What people know it by. */
  name: string;
  content: Blob;
  /** What is in it, if its name has told. */
  format: Format | undefined;
  /** One of `SOURCES`. */
  from: string;
  organizationId: string;
  body: Pick<Schema<'ImportKeys'>, 'prefix' | 'sessionId' | 'environment'>;
  /** For keys that the file gives none. */
  permissions: readonly string[];
}

/** How far it is. */
export interface Standing {
  records: number;
  /** How much of the file has been read, from 0 to 1. */
  share: number;
  imported: number;
  existing: number;
  skipped: number;
  ended: boolean;
}

interface Pending {
  record: number;
  row: Hashed;
}
type Outcome = Pick<Schema<'ImportedRow'>, 'result' | 'reason' | 'field' | 'message'>;

export class Run {
  readonly job: Job;
  readonly dryRun: boolean;
  readonly standing: Standing = { records: 0, share: 0, imported: 0, existing: 0, skipped: 0, ended: false };
  readonly skipped: Skipped[] = [];
  #found: AsyncIterator<Found> | undefined;
  readonly #digests = new Set<string>();
  /** Read, and not answered yet. */
  #batch: Pending[] = [];
  #read = 0;
  /** What cannot be read once cannot be gone on with. */
  #broken: unknown;

  constructor(job: Job, dryRun: boolean) {
    this.job = job;
    this.dryRun = dryRun;
  }

  /** Goes on to the end, or until it is told to stop. What goes wrong is thrown; called once more, it goes on where it was. */
  async go(signal: AbortSignal, told: (standing: Standing) => void): Promise<void> {
    if (this.#broken) throw this.#broken;
    this.#found ??= read(this.job)[Symbol.asyncIterator]();
    while (!this.standing.ended && !signal.aborted) {
      let share = this.standing.share;
      let isEnd = false;
      if (this.#batch.length === 0) [share, isEnd] = await this.#fill(this.#found);
      await this.#send(signal);
      if (this.#batch.length > 0) return;
      this.#stand({ records: this.#read, share, ended: isEnd });
      told({ ...this.standing });
    }
  }

  /** What was imported is needed no more. */
  forget(): void {
    this.job.content = new Blob();
  }

  #stand(changes: Partial<Standing>): void {
    // What was skipped here was known before what the service said.
    this.skipped.push(...this.skipped.splice(this.standing.skipped).sort((one, other) => one.record - other.record));
    Object.assign(this.standing, changes, { skipped: this.skipped.length });
  }

  async #fill(found: AsyncIterator<Found>): Promise<[share: number, isEnd: boolean]> {
    let { share } = this.standing;
    const first = this.#read;
    for (let bytes = 0; bytes < BATCH_BYTES && this.#read - first < BATCH_KEYS; ) {
      const next = await found.next().catch((error: unknown) => Promise.reject((this.#broken = error)));
      if (next.done) return [1, true];
      share = next.value.share;
      this.#read += 1;
      const made = await prepared(next.value.fields, SOURCES[this.job.from]!, this.job.body.prefix, this.job.permissions);
      if ('skipped' in made) this.#skip(this.#read, made.skipped, next.value.fields);
      else if (this.#isKnown(made.digest)) this.#skip(this.#read, { reason: 'duplicate_row', message: 'The same key stands in this file before.' }, made.row);
      else {
        this.#batch.push({ record: this.#read, row: made.row });
        bytes += bytesOf(JSON.stringify(made.row));
      }
    }
    // Whatever has been skipped, somebody may want to press something.
    await new Promise((resolve) => setTimeout(resolve));
    return [share, false];
  }

  #isKnown(digest: string): boolean {
    const part = digest.slice(0, APART);
    const isKnown = this.#digests.has(part);
    this.#digests.add(part);
    return isKnown;
  }

  #skip(record: number, { reason, field, message }: Pick<Skipped, 'reason' | 'field' | 'message'>, called: { name?: unknown; externalId?: unknown } | undefined): void {
    const text = (name: 'name' | 'externalId') => (typeof called?.[name] === 'string' ? { [name]: called[name] } : {});
    this.skipped.push({ record, reason, ...(field ? { field } : {}), message: sentence(message), ...text('name'), ...text('externalId') });
  }

  /** Sends the batch until all of it is answered. A row whose form is wrong is taken out, and the others are sent again. */
  async #send(signal: AbortSignal): Promise<void> {
    for (let pause = 0; this.#batch.length > 0; ) {
      try {
        const keys = this.#batch.map(({ row }) => row) as Schema<'ImportKeys'>['keys'];
        const { rows: outcomes } = await ask(api.POST('/organizations/{organizationId}/imports', { params: { path: { organizationId: this.job.organizationId } }, body: { ...this.job.body, dryRun: this.dryRun, keys } }));
        this.#batch.forEach((one, at) => this.#settle(one, outcomes[at]!));
        this.#batch = [];
      } catch (error) {
        const problem = Problem.from(error);
        if (this.#takeOut(problem)) continue;
        const again = problem.status === 0 || problem.status === 429 || problem.status === 503;
        if (!again || pause === PAUSES.length) throw problem;
        await waited(Math.max(PAUSES[pause]!, (problem.retryAfter ?? 0) * 1000), signal);
        if (signal.aborted) return;
        pause += 1;
      }
    }
  }

  #settle({ record, row }: Pending, { result, reason, field, message }: Outcome): void {
    if (result === 'imported') this.standing.imported += 1;
    else if (result === 'exists') this.standing.existing += 1;
    else this.#skip(record, { reason: reason ?? 'invalid_field', ...(field ? { field } : {}), message: message ?? '' }, row);
  }

  /** Takes out the rows that a refusal names; whether there were any. */
  #takeOut({ errors }: Problem): boolean {
    const wrong = new Map<number, Outcome>();
    for (const { pointer, message } of errors) {
      const [, at, field] = /^\/keys\/(\d+)(\/.*)?$/.exec(pointer ?? '') ?? [];
      if (at !== undefined && Number(at) < this.#batch.length && !wrong.has(Number(at))) wrong.set(Number(at), { result: 'invalid', reason: 'invalid_field', field: field ?? null, message });
    }
    for (const [at, outcome] of wrong) this.#settle(this.#batch[at]!, outcome);
    this.#batch = this.#batch.filter((_, at) => !wrong.has(at));
    return wrong.size > 0;
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/** The records of what was chosen. What is wrong with it as a whole is a `Problem` of the field in which it was chosen. */
async function* read({ content, format, from }: Job): AsyncGenerator<Found, void, undefined> {
  try {
    const { lists } = SOURCES[from]!;
    const kind = format ?? guessed(await content.slice(0, 65_536).text(), lists);
    if (kind !== 'json') return yield* rows(chunks(content), content.size, kind);
    if (content.size > DOCUMENT_MAX) throw new Misuse('that is too large for one JSON document: convert it to JSON lines');
    yield* within(await content.text(), lists);
  } catch (error) {
    if (error instanceof Misuse) throw unreadable(sentence(error.message));
    if (error instanceof DOMException) throw unreadable('It cannot be read any more. Choose it once again.');
    throw error;
  }
}

export const unreadable = (message: string): Problem => new Problem(400, 'invalid_request', message, { errors: [{ pointer: '/content', code: 'invalid_format', message }] });

/** What stands in a text without a name: a list, lines that are each an object, or a table. */
export function guessed(begin: string, lists: (document: unknown) => unknown[] | undefined): Format {
  const [first = ''] = begin.trimStart().split('\n', 1);
  if (begin.trimStart().startsWith('[')) return 'json';
  if (!first.startsWith('{')) return 'csv';
  try {
    return lists(JSON.parse(first)) ? 'json' : 'jsonl';
  } catch {
    return 'json';
  }
}

async function* chunks(content: Blob): AsyncGenerator<string, void, undefined> {
  const reader = content.stream().pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
