// A Worker whose requests need a key, in the same account as Latchkey: it asks over a service binding, so the question
// takes no public hop and there is no address to configure. wrangler.toml beside it has the binding.
import { createLatchkey, type Decision, type Latchkey } from 'latchkey';
import { withKey } from 'latchkey/fetch';

export interface Env {
  /** The service binding. */
  LATCHKEY: { fetch(url: string, init: RequestInit): Promise<Response> };
  /** A secret: a key that may verify (`keys:verify`). */
  LATCHKEY_KEY: string;
}

/** One for each isolate, because it keeps decisions for as long as they stand. */
let latchkey: Latchkey | undefined;

function clientOf(env: Env): Latchkey {
  // Over a binding the host means nothing.
  return (latchkey ??= createLatchkey({ baseUrl: 'https://latchkey', key: env.LATCHKEY_KEY, fetch: (url, init) => env.LATCHKEY.fetch(url, init) }));
}

function answer(request: Request, decision: Decision): Response {
  return Response.json({ hello: decision.externalId ?? decision.name, path: new URL(request.url).pathname, repeated: decision.repeated });
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> =>
    // A key with an `ipAllowList` is used from the address that Cloudflare has seen.
    withKey(clientOf(env), answer, ({ headers }) => ({ permissions: 'hello:say', ip: headers.get('cf-connecting-ip') ?? undefined }))(request),
};
