// The organization that is looked at: it stands in the path, `/o/{organizationId}/…`. What its member may do follows from
// the role, by the table that the description of the API has.
import { computed, effect, signal } from '@preact/signals';
import { needs } from '../api/generated/needs.ts';
import { memberships } from './account.ts';
import { path } from './router.ts';

export type Role = 'viewer' | 'member' | 'admin' | 'owner';
export const ROLES: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];

export const organizationId = computed(() => /^\/o\/([^/]+)/.exec(path.value)?.[1] ?? null);
export const membership = computed(() => memberships.value.find(({ id }) => id === organizationId.value) ?? null);
/** The organization of the sidebar: this one; on pages that belong to none the one before, or the first. */
const last = signal<string | null>(null);
effect(() => {
  if (membership.value) last.value = membership.value.id;
});
export const framed = computed(() => membership.value ?? memberships.value.find(({ id }) => id === last.value) ?? memberships.value[0] ?? null);
export const role = computed<Role | null>(() => (membership.value?.role as Role | undefined) ?? null);

/** What a role has to be known for, by `operationId` without `AsMember`: `createApiKey`, `revokeApiKey`, … */
export type Operation = keyof typeof needs;

/** Whether the role allows an operation. A convenience: the service decides anew at each request. */
export function may(operation: Operation): boolean {
  const needed = ROLES.indexOf(needs[operation] as Role);
  return role.value !== null && ROLES.indexOf(role.value) >= needed;
}

/** The path of a page of this organization: `at('keys')`. */
export const at = (page = '', id = organizationId.value): string => `/o/${id}${page && `/${page}`}`;

/** What the routes of the organization want as `params.path`. */
export const here = (): { organizationId: string } => ({ organizationId: organizationId.value ?? '' });
