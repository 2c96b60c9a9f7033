// What all middlewares share: finds the one credential of a request, has it verified, and says what to answer if it is
// not good. Statuses, codes and headers are those of the gate `GET /v1/whoami` (docs/API.md, "Verification codes").
import type { Latchkey } from './client.ts';
import { LatchkeyError } from './errors.ts';
import type { Demand } from './leases.ts';
import type { Decided, Decision, VerifyOptions } from './verify.ts';

export interface GateOptions extends Pick<VerifyOptions, 'onUnavailable' | 'timeoutMs'> {
  /** Is told why nobody could be asked: 503 for whoever sends the request. `console.error` unless given. */
  onError?: (error: LatchkeyError) => void;
}

/** A client, or whatever else verifies as one does. */
export type Verifier = Pick<Latchkey, 'verify'>;

/** What a request needs: the same for each, or as the request says. */
export type Needs<Request> = Demand | ((request: Request) => Demand | Promise<Demand>);

export interface Passed {
  passes: true;
  decision: Decision;
  /** For the answer, whatever it is: what is left of a limit. */
  headers: Record<string, string>;
}

export interface Refused {
  passes: false;
  status: number;
  headers: Record<string, string>;
  body: { message: string; code: string; details: Record<string, unknown> };
}

/** How each decision leaves, and in which words. */
const REFUSALS: Record<Exclude<Decided['code'], 'VALID'>, [status: number, code: string, message: string]> = {
  NOT_FOUND: [401, 'auth_invalid_key', 'The API key is not valid.'],
  REVOKED: [401, 'auth_key_revoked', 'The API key has been revoked.'],
  DISABLED: [401, 'auth_key_disabled', 'The API key is disabled.'],
  EXPIRED: [401, 'auth_key_expired', 'The API key has expired.'],
  NOT_YET_VALID: [401, 'auth_key_not_yet_valid', 'The API key is not valid yet.'],
  ORGANIZATION_SUSPENDED: [401, 'auth_organization_suspended', 'The organization of the API key is suspended.'],
  SESSION_DISCONNECTED: [401, 'auth_session_disconnected', 'The session of the API key is disconnected.'],
  WRONG_SESSION: [403, 'wrong_session', 'The API key belongs to another session.'],
  WRONG_ENVIRONMENT: [403, 'wrong_environment', 'The API key belongs to another environment.'],
  FORBIDDEN: [403, 'forbidden_ip', 'The API key may not be used from this address.'],
  INSUFFICIENT_PERMISSIONS: [403, 'insufficient_permissions', 'The API key lacks a permission.'],
  DOMAIN_NOT_ALLOWED: [403, 'domain_not_allowed', 'The API key may not act for this domain.'],
  RATE_LIMITED: [429, 'rate_limited', 'The rate limit is reached.'],
  USAGE_EXCEEDED: [429, 'usage_exceeded', 'The usage limit is reached.'],
};

type Header = (name: string) => string | null | undefined;

/** Decides on a request. Whatever goes wrong, it does not pass. */
export async function gate<Request>(latchkey: Verifier, request: Request, header: Header, needs: Needs<Request> = {}, options: GateOptions = {}): Promise<Passed | Refused> {
  const { onUnavailable, timeoutMs, onError = (error) => console.error(`latchkey: ${error.code}: ${error.message}`) } = options;
  const presented = credential(header);
  if (typeof presented !== 'string') return presented;
  const demand = typeof needs === 'function' ? await needs(request) : needs;
  let decision: Decision;
  try {
    decision = await latchkey.verify(presented, demand, { onUnavailable, timeoutMs });
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error;
    onError(error);
    // Also if our own credential is the one that is refused: that says nothing about the one that was presented.
    return refused(503, 'verification_unavailable', 'The key cannot be verified at the moment; that says nothing about the key.', { 'Retry-After': String(seconds(error.retryAfterMs ?? 1_000)) });
  }
  // Two ways of saying the same: nothing passes on one of them alone.
  if (decision.valid === true && (decision.code === 'VALID' || decision.code === 'UNVERIFIED')) return { passes: true, decision, headers: decision.headers };
  return answer(decision as Decided, demand);
}

function answer(decision: Decided, demand: Demand): Refused {
  const [status, code, message] = REFUSALS[decision.code as keyof typeof REFUSALS] ?? REFUSALS.NOT_FOUND;
  const details: Record<string, unknown> = { requestId: decision.requestId };
  const headers: Record<string, string> = { ...decision.headers };
  if (status === 401) headers['WWW-Authenticate'] = challenge('invalid_token');
  if (code === 'insufficient_permissions') headers['WWW-Authenticate'] = challenge('insufficient_scope', demand.permissions);
  if (code === 'rate_limited') {
    // Null if waiting never helps: the request costs more than the limit is.
    const { level, name } = decision.limitedBy ?? {};
    const { limit: quota, windowMs, remaining, resetMs, retryAfterMs = null } = decision.rateLimits.find((one) => one.level === level && one.name === name) ?? {};
    Object.assign(details, { limit: `${level}.${name}`, level, name, quota, windowMs, remaining, retryAfterMs });
    if (retryAfterMs !== null) headers['Retry-After'] = String(seconds(Math.max(retryAfterMs, resetMs ?? 0)));
  }
  // When credits are filled up again a verification does not say.
  if (code === 'usage_exceeded') Object.assign(details, { limit: 'key.credits', level: 'key', name: 'credits', remaining: decision.credits?.remaining });
  return refused(status, code, message, headers, details);
}

/** The one credential of a request, read as strictly as the service does. */
function credential(header: Header): string | Refused {
  const [authorization, own] = [header('authorization'), header('x-api-key')].map((value) => value?.trim());
  const missing = (message: string) => refused(401, 'auth_missing_credentials', message, { 'WWW-Authenticate': challenge() });
  const mistake = (code: string, message: string) => refused(400, code, message, { 'WWW-Authenticate': challenge('invalid_request') });
  if (authorization?.includes(',') || own?.includes(',')) return mistake('auth_malformed_header', 'A header with credentials was sent more than once or holds a list.');
  if (authorization !== undefined && own !== undefined) return mistake('auth_conflicting_credentials', 'Credentials were sent in more than one way; send one.');
  if (!authorization && !own) return missing('No API key was sent. Send it as "Authorization: Bearer KEY" or "x-api-key: KEY".');
  const [, bearer] = /^bearer(?: +|(?=\t))(.+)$/is.exec(authorization ?? '') ?? [];
  if (authorization && !bearer) return missing('The Authorization header must read "Bearer KEY".');
  const presented = bearer ?? own ?? '';
  if (!/^[A-Za-z0-9._~+/=-]{1,512}$/.test(presented)) return refused(401, 'auth_invalid_key', REFUSALS.NOT_FOUND[2], { 'WWW-Authenticate': challenge('invalid_token') });
  return presented;
}

/** RFC 6750 §3; of what is needed only what fits its grammar. */
function challenge(error?: string, permissions: Demand['permissions'] = []): string {
  const scope = [permissions].flat().join(' ');
  const parts = ['realm="latchkey"', ...(error ? [`error="${error}"`] : []), ...(scope && /^[!#-[\]-~ ]+$/.test(scope) ? [`scope="${scope}"`] : [])];
  return `Bearer ${parts.join(', ')}`;
}

function refused(status: number, code: string, message: string, headers: Record<string, string> = {}, details: Record<string, unknown> = {}): Refused {
  return { passes: false, status, headers: { ...headers, 'Cache-Control': 'no-store' }, body: { message, code, details } };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
