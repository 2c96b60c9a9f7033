// For Express, 4 and 5: `app.use('/v1', apiKey(latchkey, { permissions: 'emails:send' }))`.
import { type GateOptions, type Needs, type Verifier, gate } from './gate.ts';
import type { Decision } from './verify.ts';

/** What of Express's request and response is used. */
export interface ExpressRequest {
  /** Not `headers`: of two `Authorization` lines Node keeps the first there and says nothing. */
  headersDistinct: Record<string, string[] | undefined>;
}
export interface ExpressResponse {
  locals: Record<string, any>;
  status(code: number): unknown;
  setHeader(name: string, value: string): unknown;
  json(body: unknown): unknown;
}

/** What was decided: `decisionOf(response)`, behind the middleware. */
export function decisionOf(response: ExpressResponse): Decision {
  return response.locals.latchkey as Decision;
}

/** Whatever comes after it runs only for requests with a good key. */
export function apiKey<Req extends ExpressRequest>(latchkey: Verifier, needs?: Needs<Req>, options?: GateOptions): (request: Req, response: ExpressResponse, next: (error?: unknown) => void) => Promise<void> {
  return async (request, response, next) => {
    const header = (name: string) => request.headersDistinct[name]?.join(',');
    const outcome = await gate(latchkey, request, header, needs, options).catch((error: unknown) => void next(error ?? new Error('latchkey')));
    if (!outcome) return;
    for (const [name, value] of Object.entries(outcome.headers)) response.setHeader(name, value);
    if (outcome.passes) {
      response.locals.latchkey = outcome.decision;
      next();
    } else {
      response.status(outcome.status);
      response.json(outcome.body);
    }
  };
}

export type { GateOptions, Needs } from './gate.ts';
export type { Decision } from './verify.ts';
