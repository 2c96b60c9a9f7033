// A service that breaks one rule: the one that the variable BREAK names. tests/proof/controls.spec.ts says which test has
// to notice which of them. Each is given the request and the service behind it.
import worker from './next.js';

export * from './next.js';

const PATIENCE_MS = 300;
const HOARDED_MB = 4;
const HOARDS = 160;

/** What an isolate remembers, and should not. */
const seen = { hoard: [], owners: new Map(), ids: new Set(), count: 0, sulkingUntil: 0, last: undefined, queue: Promise.resolve() };

const breaks = {
  // Bad input: an exception for a path that cannot be decoded, or a body that is no object; a refusal that repeats what was
  // asked, or by whom; the log that tells it; a list with a member that the description does not show; nobody served for a
  // while after a refusal; memory kept of each request; a body that is read whole before anybody looks at it; one request
  // after the other.
  falls: ({ request, next }) => {
    decodeURIComponent(request.url);
    return next();
  },
  stumbles: async ({ request, next }) => {
    const body = await request.clone().json().catch(() => ({}));
    void ('name' in body);
    return next();
  },
  repeats: async ({ request, next }) => {
    const sent = `${request.url} ${await request.clone().text()}`;
    return changed(await next(), (body, status) => { if (status >= 400) body.message += `: ${sent}`; });
  },
  recites: async ({ request, next }) => changed(await next(), (body, status) => { if (status >= 400) body.message += `: ${JSON.stringify([...request.headers])}`; }),
  tells: ({ request, next }) => {
    console.log(`${request.method} ${request.url} ${JSON.stringify([...request.headers])}`);
    return next();
  },
  renames: async ({ next }) => changed(await next(), ({ pagination }) => {
    if (pagination) pagination.more = pagination.hasMore;
    if (pagination) delete pagination.hasMore;
  }),
  sulks: async ({ next }) => {
    if (Date.now() < seen.sulkingUntil) return new Response('later', { status: 503 });
    const answer = await next();
    if (answer.status === 400) seen.sulkingUntil = Date.now() + PATIENCE_MS;
    return answer;
  },
  hoards: ({ next }) => {
    if (seen.hoard.length < HOARDS) seen.hoard.push(new Uint8Array(HOARDED_MB * 1_048_576).fill(1));
    return next();
  },
  swallows: async ({ request, next }) => next(request.body && new Request(request, { body: await request.arrayBuffer() })),
  queues: ({ request, next }) => {
    const turn = seen.queue.then(() => next());
    seen.queue = turn.catch(() => {});
    return turn;
  },

  // Neighbours: "there is no such thing" says it otherwise of what there is; whoever asks for something gets what its owner
  // gets; a change is carried out for its owner's sake, whoever asked.
  distinguishes: async ({ request, next }) => {
    const known = idsIn(request.url).some((id) => seen.ids.has(id));
    return changed(await next(), (body, status, text) => {
      if (status < 300) for (const id of idsIn(text)) seen.ids.add(id);
      else if (status === 404 && known) body.message += ' Here.';
    });
  },
  lends: async ({ request, next }) => {
    const owner = request.method === 'GET' && ownerOf(request);
    return owned(request, await next(owner ? as(request, owner) : undefined));
  },
  meddles: async ({ request, next }) => {
    const owner = request.method === 'PATCH' && ownerOf(request);
    if (owner) await next(as(request.clone(), owner));
    return owned(request, await next());
  },

  // Imports: the last row of a batch is not imported, and said to be; somebody else's id; what nobody has is good; a row of
  // nobody's in each batch.
  loses: ({ request, next }) => imported(request, next, (keys) => keys.pop(), (body) => {
    body.imported += 1;
    body.rows.push({ ...body.rows.at(-1), result: 'imported', keyId: `key_${crypto.randomUUID().replaceAll('-', '').slice(0, 22)}` });
  }),
  doubles: async ({ request, next }) => {
    const one = { hash: crypto.randomUUID().replaceAll('-', '').repeat(2) };
    if (isImport(request)) await imported(request.clone(), next, (keys) => keys.splice(0, keys.length, one));
    return next();
  },
  mistakes: async ({ next }) => changed(await next(), (body) => {
    if (body.code !== 'VALID') return;
    const { keyId } = body;
    if (++seen.count % 100 === 0) body.keyId = seen.last;
    seen.last = keyId;
  }),
  welcomes: async ({ next }) => changed(await next(), (body) => {
    if (body.code === 'NOT_FOUND' && ++seen.count % 100 === 0) Object.assign(body, { valid: true, code: 'VALID' });
  }),

  // Trouble: a creation that failed is acknowledged; whoever cannot be asked about is let in.
  acknowledges: async ({ request, next }) => {
    const answer = await next().catch(() => undefined);
    if (request.method !== 'POST' || (answer && answer.status < 500) || seen.count++ > 0) return answer ?? new Response(null, { status: 503 });
    return Response.json({ id: 'key_0', key: 'sk_live_none' }, { status: 201 });
  },
  consents: async ({ request, next }) => {
    const answer = await next().catch(() => undefined);
    if (request.method === 'POST' && (!answer || answer.status >= 500)) seen.count += 1;
    if (request.method !== 'GET' || seen.count === 0) return answer ?? new Response(null, { status: 503 });
    return Response.json({});
  },

  // Rules: a key that is revoked, once; a deletion that is said to be done.
  spares: async ({ next }) => {
    const answer = await next();
    if ((await answer.clone().json().catch(() => undefined))?.code !== 'auth_key_revoked' || ++seen.count !== 3) return answer;
    return Response.json({ code: 'VALID' });
  },
  pretends: async ({ request, next }) => {
    if (request.method !== 'DELETE' || !/\/api_keys\/[^/]+$/.test(request.url)) return next();
    const answer = await next(new Request(request.url, { headers: request.headers }));
    return changed(answer, (body) => { body.status = 'revoked'; });
  },
};

export default {
  fetch(request, env, context) {
    const next = async (other) => worker.fetch(other || request, env, context);
    return breaks[env.BREAK]({ request, next });
  },
};

/** The same answer, but for what `change` does to its body; that of no JSON as it is. */
async function changed(answer, change) {
  const text = await answer.clone().text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return answer;
  }
  if (typeof body !== 'object' || body === null) return answer;
  change(body, answer.status, text);
  const headers = new Headers(answer.headers);
  headers.delete('content-length');
  return new Response(JSON.stringify(body), { status: answer.status, headers });
}

const idsIn = (text) => text.match(/\b[a-z]{3}_[0-9A-Za-z]{19,31}\b/g) ?? [];

/** Who was told an id first, of the last one in the path that anybody was told. */
const ownerOf = (request) => idsIn(request.url).map((id) => seen.owners.get(id)).findLast(Boolean);

function as(request, owner) {
  const headers = new Headers(request.headers);
  headers.set('authorization', owner);
  return new Request(request, { headers });
}

async function owned(request, answer) {
  const caller = request.headers.get('authorization');
  if (caller && answer.ok) for (const id of idsIn(await answer.clone().text())) if (!seen.owners.has(id)) seen.owners.set(id, caller);
  return answer;
}

const isImport = ({ method, url }) => method === 'POST' && url.endsWith('/v1/imports');

/** An import whose rows and whose answer are changed; everything else as it is. */
async function imported(request, next, rows, answer = () => {}) {
  if (!isImport(request)) return next();
  const sent = await request.json();
  rows(sent.keys);
  const headers = new Headers(request.headers);
  headers.delete('content-length');
  return changed(await next(new Request(request.url, { method: 'POST', headers, body: JSON.stringify(sent) })), (body, status) => { if (status === 200) answer(body); });
}
