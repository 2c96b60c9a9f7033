// For everything that answers a `Request` with a `Response`: Workers, Deno, Bun, Node.
import { type GateOptions, type Needs, type Refused, type Verifier, gate } from './gate.ts';
import type { Decision } from './verify.ts';

/** A handler that only runs for requests with a good key, and is told what was decided. `rest` is what the platform adds. */
export type Guarded<R extends Request, Rest extends unknown[]> = (request: R, decision: Decision, ...rest: Rest) => Response | Promise<Response>;

/** `export default { fetch: withKey(latchkey, handler, { permissions: 'emails:send' }) }` */
export function withKey<R extends Request, Rest extends unknown[]>(latchkey: Verifier, handler: Guarded<R, Rest>, needs?: Needs<R>, options?: GateOptions): (request: R, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const outcome = await gate(latchkey, request, (name) => request.headers.get(name), needs, options);
    if (!outcome.passes) return refusal(outcome);
    const response = await handler(request, outcome.decision, ...rest);
    return withHeaders(response, outcome.headers);
  };
}

export function refusal({ status, headers, body }: Refused): Response {
  return Response.json(body, { status, headers });
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  const added = Object.entries(headers);
  const set = (to: Response) => (added.forEach(([name, value]) => to.headers.set(name, value)), to);
  try {
    return set(response);
  } catch {
    // The headers of an answer that was fetched cannot be changed.
    return set(new Response(response.body, response));
  }
}

export type { GateOptions, Needs } from './gate.ts';
export type { Decision } from './verify.ts';
