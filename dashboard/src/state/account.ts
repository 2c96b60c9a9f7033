// Who is signed in. The token itself is in a cookie that no script can read; here is only what the service says of it.
import { computed, signal } from '@preact/signals';
import { api, ask, onSignInEnded, type Schema } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { go } from './router.ts';

export type Account = Schema<'Account'>;
export type Membership = Schema<'Membership'>;

/** `undefined` while nobody knows yet, null if nobody is signed in. */
export const account = signal<Account | null | undefined>(undefined);
/** Why the account could not be read, if it could not. */
export const accountProblem = signal<Problem | undefined>(undefined);
export const memberships = computed<Membership[]>(() => account.value?.organizations ?? []);

/** Reads the account anew. A 401 means that nobody is signed in. */
export async function loadAccount(): Promise<void> {
  accountProblem.value = undefined;
  try {
    account.value = await ask(api.GET('/auth/user'));
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.status === 401) account.value = null;
    else accountProblem.value = problem;
  }
}

/** Ends the sign-in, here and in the service. */
export async function signOut(): Promise<void> {
  await ask(api.POST('/auth/logout'));
  account.value = null;
  go('/sign-in');
}

/** To the sign-in, and back here afterwards. */
export function toSignIn(): void {
  const from = location.pathname + location.search;
  go(from === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(from)}`, { replace: true });
}

// Where one has to be signed in, App.tsx leads to the sign-in then.
onSignInEnded(() => (account.value = null));
