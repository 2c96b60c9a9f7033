// For Hono: `app.use('/v1/*', apiKey(latchkey, { permissions: 'emails:send' }))`.
import { refusal } from './fetch.ts';
import { type GateOptions, type Needs, type Verifier, gate } from './gate.ts';
import type { Decision } from './verify.ts';

/** `new Hono<{ Variables: LatchkeyVariables }>()`: then `c.get('latchkey')` is typed. */
export interface LatchkeyVariables {
  latchkey: Decision;
}

/** What of Hono's `Context` is used. */
export interface HonoContext {
  req: { header(name: string): string | undefined; raw: Request };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  set(key: any, value: any): void;
  header(name: string, value: string): void;
}

/** Whatever comes after it runs only for requests with a good key; what was decided is in `c.get('latchkey')`. */
export function apiKey<C extends HonoContext>(latchkey: Verifier, needs?: Needs<C>, options?: GateOptions): (c: C, next: () => Promise<void>) => Promise<Response | void> {
  return async (c, next) => {
    const outcome = await gate(latchkey, c, (name) => c.req.header(name), needs, options);
    if (!outcome.passes) return refusal(outcome);
    c.set('latchkey', outcome.decision);
    await next();
    for (const [name, value] of Object.entries(outcome.headers)) c.header(name, value);
  };
}

export type { GateOptions, Needs } from './gate.ts';
export type { Decision } from './verify.ts';
