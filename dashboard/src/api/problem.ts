// What the service says when it refuses: one shape for every error (docs/API.md, "Errors").

/** A mistake in a field of what was sent. */
export interface FieldError {
  /** RFC 6901, such as `/name`. */
  pointer?: string;
  /** Of the query, or a header. */
  parameter?: string;
  code: string;
  message: string;
}

/** An answer that is no success, or that never came. */
export class Problem extends Error {
  /** 0 if there was no answer. */
  readonly status: number;
  readonly code: string;
  /** What to name when asking for help; null if there was no answer. */
  readonly requestId: string | null;
  readonly errors: FieldError[];
  /** Seconds, if waiting helps. */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, message: string, { requestId = null, errors = [], retryAfter = null }: Partial<Pick<Problem, 'requestId' | 'errors' | 'retryAfter'>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  /** Out of an answer and what was in it. */
  static of(response: Response, body: unknown): Problem {
    const { message, code, details } = (body ?? {}) as { message?: string; code?: string; details?: { requestId?: string; errors?: FieldError[] } };
    const waited = Number(response.headers.get('retry-after') ?? NaN);
    return new Problem(response.status, code ?? 'unknown', message ?? `The service answered ${response.status}.`, {
      requestId: details?.requestId ?? response.headers.get('x-request-id'),
      errors: details?.errors ?? [],
      retryAfter: Number.isFinite(waited) ? waited : null,
    });
  }

  /** Out of anything that was thrown. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof TypeError) return new Problem(0, 'unreachable', 'The service cannot be reached. Check the connection and try again.');
    return new Problem(0, 'unexpected', error instanceof Error ? error.message : String(error));
  }

  /** What is wrong with a field, such as `name` or `rateLimits/0/limit`. */
  at(field: string): string | undefined {
    const messages = this.errors.filter(({ pointer }) => pointer === `/${field}`).map(({ message }) => message);
    return messages.length > 0 ? sentence(messages.join(', ')) : undefined;
  }

  /** Mistakes in fields that a form does not show. */
  besides(fields: readonly string[]): FieldError[] {
    return this.errors.filter(({ pointer }) => !fields.some((field) => pointer === `/${field}`));
  }
}

/** "is required" → "Is required." */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
