// What goes wrong, in one shape. No error has a key in it, whatever the service, a proxy or a `fetch` of one's own said.

/** Besides the codes of the service (docs/API.md, "Errors"), those of the client itself. */
export type OwnCode =
  /** The client or a call was given something that cannot be sent. */
  | 'invalid_argument'
  /** The service could not be reached, or the connection broke. */
  | 'network_error'
  /** It took longer than it may. */
  | 'timeout'
  /** What answered is not the service. */
  | 'unexpected_answer';

export interface Violation {
  /** A field of the body, RFC 6901. */
  pointer?: string;
  /** A parameter of the query, or a header. */
  parameter?: string;
  code: string;
  message: string;
}

interface Facts {
  status?: number | null;
  code: string;
  requestId?: string | null;
  retryAfterMs?: number | null;
  details?: Readonly<Record<string, unknown>>;
}

/** Everything that the client throws; only a call that its caller aborts ends with the reason of that signal instead. */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError';
  /** The status of the answer; null if there was none. */
  readonly status: number | null;
  /** Switch on this; `message` is for people and may change. */
  readonly code: OwnCode | (string & {});
  /** Names the request in the log of the service; null if it never got there. */
  readonly requestId: string | null;
  /** In how many milliseconds another try makes sense; null if nobody has said so. */
  readonly retryAfterMs: number | null;
  /** What the service adds, such as which limit has refused. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, { status = null, code, requestId = null, retryAfterMs = null, details = {} }: Facts) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }

  /** What is wrong with each field that was sent (`invalid_request`). */
  get violations(): readonly Violation[] {
    return Array.isArray(this.details.errors) ? this.details.errors : [];
  }

  /** Whether it says nothing about what was asked: the service is away, late or in trouble. */
  get isUnavailable(): boolean {
    return this.code === 'network_error' || this.code === 'timeout' || (this.status !== null && this.status >= 500);
  }
}

/** A mistake in what the client was given. It names the argument, never its value. */
export function invalidArgument(message: string): LatchkeyError {
  return new LatchkeyError(message, { code: 'invalid_argument' });
}

/** Out of an answer that is no success. `secrets` are what must not come out of it again. */
export function refusal(status: number, headers: Headers, body: unknown, secrets: readonly string[]): LatchkeyError {
  const { message, code, details } = isRecord(body) && holdsNone(body, secrets) ? body : {};
  const known = isRecord(details) ? details : {};
  return new LatchkeyError(typeof message === 'string' ? message : `The service answered ${status}.`, {
    status,
    code: typeof code === 'string' ? code : 'unexpected_answer',
    requestId: headers.get('x-request-id'),
    retryAfterMs: waitMs(headers, known),
    details: known,
  });
}

/** Out of whatever a `fetch` has thrown. Of that only a code such as ECONNREFUSED is kept: its text may hold what was sent. */
export function unreachable(thrown: unknown): LatchkeyError {
  const cause = isRecord(thrown) && isRecord(thrown.cause) ? thrown.cause : thrown;
  const code = isRecord(cause) && typeof cause.code === 'string' && /^[A-Z][A-Z_]{2,39}$/.test(cause.code) ? ` (${cause.code})` : '';
  return new LatchkeyError(`The service cannot be reached${code}.`, { code: 'network_error' });
}

function waitMs(headers: Headers, details: Record<string, unknown>): number | null {
  if (typeof details.retryAfterMs === 'number') return details.retryAfterMs;
  const seconds = headers.get('retry-after');
  return seconds !== null && /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : null;
}

function holdsNone(value: unknown, secrets: readonly string[]): boolean {
  const text = JSON.stringify(value);
  // As it stands in JSON, without the quotes around it.
  return secrets.every((secret) => secret === '' || !text.includes(JSON.stringify(secret).slice(1, -1)));
}

export function isRecord(value: unknown): value is Record<string, any> {
  return typeof value === 'object' && value !== null;
}
