// A client process of its own: it verifies as fast as it gets answers, until it is told to stop, and then says when it
// had asked for what was accepted. It is forked by `load.ts`, which speaks to it in messages.

/** What is to be asked, again and again. */
export interface Question {
  id: string;
  url: string;
  authorization: string;
  /** The body of a POST; none for the gate. */
  body?: string;
}

/** When requests were sent and answered (ms of the machine's monotonic clock) that were accepted, by question; and how all ended. */
export interface Findings {
  accepted: Record<string, [sent: number, answered: number][]>;
  outcomes: Record<string, number>;
  asked: number;
}

const CONNECTIONS = 6;
/** One clock for all processes of this machine. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

const questions: Question[] = [];
const findings: Findings = { accepted: {}, outcomes: {}, asked: 0 };
let running = true;

async function connection(at: number): Promise<void> {
  for (let turn = at; running; turn++) {
    const question = questions[turn % questions.length];
    if (!question) {
      await new Promise((done) => setTimeout(done, 5));
      continue;
    }
    const sent = now();
    const headers = { authorization: question.authorization, ...(question.body ? { 'content-type': 'application/json' } : {}) };
    let outcome: string;
    try {
      const reply = await fetch(question.url, { method: question.body ? 'POST' : 'GET', headers, body: question.body, signal: AbortSignal.timeout(20_000) });
      const body: any = await reply.json().catch(() => ({}));
      outcome = body.code ?? `status ${reply.status}`;
      if (body.valid === true) (findings.accepted[question.id] ??= []).push([sent, now()]);
    } catch (error) {
      outcome = `no answer: ${(error as Error).name}`;
    }
    findings.asked += 1;
    findings.outcomes[outcome] = (findings.outcomes[outcome] ?? 0) + 1;
  }
}

process.on('message', (message: { add?: Question[]; drop?: string; stop?: boolean }) => {
  questions.push(...(message.add ?? []));
  if (message.drop) questions.splice(0, Infinity, ...questions.filter(({ id }) => id !== message.drop));
  if (message.stop) running = false;
});

await Promise.all(Array.from({ length: CONNECTIONS }, (_, at) => connection(at)));
// Only once they are out: whoever ends before is taken for one that has found nothing.
process.send?.(findings, () => process.disconnect?.());
