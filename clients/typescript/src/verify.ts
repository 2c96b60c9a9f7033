// "Is this key good, for this, now?": asked, or answered once more within what the service has promised.
import { LatchkeyError, invalidArgument, isRecord } from './errors.ts';
import { type Demand, type Leases, lifetimeMs, mayBeKept, nameOf } from './leases.ts';
import { type Reply, type Send, moment, unexpected } from './transport.ts';
import type { CallOptions, Verification } from './types.ts';

interface Circumstances {
  /** Names the request that decided, in the log of the service. */
  requestId: string | null;
  /** `RateLimit` and `RateLimit-Policy`, to pass on. */
  headers: Record<string, string>;
}

/** What the service has decided. */
export type Decided = Omit<Verification, 'verificationId'> &
  Circumstances & {
    /** Names this verification. Null if it repeats a decision: then outcomes are told by `keyId`. */
    verificationId: string | null;
    /** Whether it repeats a decision that still stands. Such an answer is not counted as a request of the key. */
    repeated: boolean;
  };

type Nothing = 'keyId' | 'name' | 'organizationId' | 'sessionId' | 'environment' | 'permissions' | 'domain' | 'externalId' | 'metadata' | 'expiresAt' | 'credits' | 'limitedBy' | 'verificationId';

/** Let through although nobody could be asked, because `onUnavailable` is `allow`: nothing is known of the key. */
export type Unverified = { [Field in Nothing]: null } &
  Circumstances & { valid: true; code: 'UNVERIFIED'; rateLimits: []; repeated: false; error: LatchkeyError };

export type Decision = Decided | Unverified;

export interface VerifyOptions extends CallOptions {
  /**
   * What to do if the service cannot be reached, is late or is in trouble: `deny`, the default, throws; `allow` lets
   * through. A credential of this client that is refused never lets anything through.
   */
  onUnavailable?: 'deny' | 'allow';
}

export interface Verify {
  (key: string, demand?: Demand, options?: VerifyOptions & { onUnavailable?: 'deny' }): Promise<Decided>;
  (key: string, demand?: Demand, options?: VerifyOptions): Promise<Decision>;
}

export function verifier(send: Send, leases: Leases, defaults: { timeoutMs: number; onUnavailable: 'deny' | 'allow' }): Verify {
  async function ask(key: string, demand: Demand, { timeoutMs = defaults.timeoutMs, signal }: VerifyOptions): Promise<Decided> {
    if (typeof key !== 'string') throw invalidArgument('The key to verify must be a string.');
    signal?.throwIfAborted();
    const name = leases.isOff || !mayBeKept(demand) ? undefined : await nameOf(key, demand);
    const known = name === undefined ? undefined : leases.find(name, moment());
    if (known) return again(JSON.parse(known.text), Math.floor(known.restMs));
    const reply = await send({
      method: 'POST', path: '/v1/keys/verify', body: { ...demand, key }, timeoutMs, signal, secrets: [key],
      // What a lost answer has spent would be spent twice. Without a cost that is one request of a limit, never one too many.
      repeatable: !((demand.cost ?? 0) > 0),
    });
    const verification = read(reply);
    const lasts = lifetimeMs(demand, verification);
    if (name !== undefined && lasts > 0) leases.keep(name, { text: reply.text, sentAt: reply.sentAt, lifetimeMs: lasts }, moment());
    return { ...verification, ...circumstances(reply.headers), repeated: false };
  }

  return async (key: string, demand: Demand = {}, options: VerifyOptions = {}): Promise<any> => {
    try {
      return await ask(key, demand, options);
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error;
      // This client may not ask any more: then it has nothing to answer with either.
      if (error.status === 401 || error.status === 403) leases.clear();
      if ((options.onUnavailable ?? defaults.onUnavailable) !== 'allow' || !error.isUnavailable) throw error;
      return unverified(error);
    }
  };
}

/** Nothing but a whole decision is one; least of all a page that some proxy answers with. */
function read(reply: Reply): Verification {
  const body = reply.body;
  const isDecision = isRecord(body) && typeof body.valid === 'boolean' && typeof body.code === 'string' && body.valid === (body.code === 'VALID')
    && Array.isArray(body.rateLimits) && isRecord(body.freshness);
  if (!isDecision) throw unexpected({ status: 200, headers: reply.headers });
  return body as Verification;
}

/** A decision that has been given before. */
function again(verification: Verification, restMs: number): Decided {
  const freshness = { ...verification.freshness, maxStalenessMs: restMs };
  return { ...verification, freshness, verificationId: null, requestId: null, headers: {}, repeated: true };
}

function circumstances(headers: Headers): Circumstances {
  const passed = ['RateLimit', 'RateLimit-Policy'].flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { requestId: headers.get('x-request-id'), headers: Object.fromEntries(passed) };
}

function unverified(error: LatchkeyError): Unverified {
  const nothing = { keyId: null, name: null, organizationId: null, sessionId: null, environment: null, permissions: null, domain: null, externalId: null, metadata: null, expiresAt: null, credits: null, limitedBy: null, verificationId: null };
  return { ...nothing, valid: true, code: 'UNVERIFIED', rateLimits: [], repeated: false, requestId: error.requestId, headers: {}, error };
}
