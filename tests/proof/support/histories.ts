// Several client processes, told what to do by this one, and the history of it all.
import { fork } from 'node:child_process';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { recordSecretKeys } from '../../e2e/support/canary.ts';
import type { Call } from './history.ts';
import type { Order, Report } from './history_client.ts';

type Change = Omit<NonNullable<Order['change']>, 'number'>;

export class Clients {
  private readonly children;
  private readonly answers = new Map<number, (answer: { status?: number; body?: any }) => void>();
  private readonly ended: Promise<Report>[];
  private number = 0;

  constructor(processes: number, service: NonNullable<Order['service']>) {
    const path = fileURLToPath(new URL('./history_client.ts', import.meta.url));
    this.children = Array.from({ length: processes }, () => fork(path, { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
    // Nobody goes on asking when a spec has failed in between.
    after(() => this.children.forEach((child) => child.kill()));
    this.ended = this.children.map((child) => new Promise((resolve, reject) => {
      child.on('message', (report: Report) => {
        if (report.history) resolve(report);
        const { changed } = report;
        if (!changed) return;
        recordSecretKeys(JSON.stringify(changed.body ?? ''));
        this.answers.get(changed.number)?.(changed);
        this.answers.delete(changed.number);
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`a client process ended with ${code}`)));
    }));
    // It is looked at when all is over.
    for (const each of this.ended) each.catch(() => {});
    this.tell({ service });
  }

  /** Something that all of them are to know. */
  tell(order: Order): void {
    for (const child of this.children) child.send(order);
  }

  /** Has one of them make a change; its answer. */
  change(process: number, change: Change): Promise<{ status?: number; body?: any }> {
    const number = this.number++;
    return new Promise((resolve) => {
      this.answers.set(number, resolve);
      this.children[process % this.children.length]!.send({ change: { number, ...change } } satisfies Order);
    });
  }

  /** Ends it; what they have seen, in the order in which it was sent. */
  async stop(): Promise<{ history: Call[]; outcomes: { [outcome: string]: number } }> {
    this.tell({ stop: true });
    const reports = await Promise.all(this.ended);
    const outcomes: { [outcome: string]: number } = {};
    for (const report of reports) for (const [outcome, count] of Object.entries(report.outcomes!)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    return { history: reports.flatMap(({ history }) => history!).sort((one, other) => one.sent - other.sent), outcomes };
  }
}
