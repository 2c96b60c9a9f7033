// The one way to the service: typed by what its description says, with the cookie, as a page of this origin.
//
//   const page = await ask(api.GET('/organizations/{organizationId}/members', { params: { path: { organizationId } } }));
//
// `ask` gives the body of a success and throws a `Problem` for everything else.
import createClient, { type FetchResponse } from 'openapi-fetch';
import type { components, paths } from '../../../clients/typescript/src/openapi.gen.ts';
import { Problem } from './problem.ts';

/** The shapes of the description by name: `Schema<'ApiKey'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** What is documented for people, and nothing else: house rule H13. */
type Callable = { [Path in keyof paths as Path extends `/auth/${string}` | '/organizations' | `/organizations/${string}` ? Path : never]: paths[Path] };

export const api = createClient<Callable>({
  credentials: 'same-origin',
  cache: 'no-store',
  // Only a page of this origin can send it (docs/API.md, "Browsers").
  headers: { 'x-requested-with': 'latchkey' },
  // `null` is a value like any other here; what is undefined is left out by JSON.
  querySerializer: { array: { style: 'form', explode: true } },
});

let ended: (problem: Problem) => void = () => {};
/** What to do when the sign-in is over. */
export function onSignInEnded(act: (problem: Problem) => void): void {
  ended = act;
}

/** What no credential answers; the 401s of signing in mean something else. */
const ENDED = ['auth_missing_credentials', 'auth_invalid_key'];

/** Waits for an answer: its body if it is a success, else a `Problem`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function ask<T extends Record<string | number, any>, O, M extends `${string}/${string}`>(answer: Promise<FetchResponse<T, O, M>>): Promise<NonNullable<FetchResponse<T, O, M>['data']>> {
  let answered: FetchResponse<T, O, M>;
  try {
    answered = await answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw Problem.from(error);
  }
  const { data, error, response } = answered;
  if (response.ok) return data as NonNullable<typeof data>;
  const problem = Problem.of(response, error);
  if (problem.status === 401 && ENDED.includes(problem.code)) ended(problem);
  throw problem;
}

/** For `Idempotency-Key`: so that a create that is sent twice issues one key. */
export const onceOnly = (): string => crypto.randomUUID();
