// Organizations with keys, for the specs of the pages about them.
import assert from 'node:assert/strict';
import type { Dashboard, Page, Registered } from './browser.ts';

/** An owner of an organization that may have as many keys as it likes. */
export async function house(dashboard: Dashboard) {
  const { latchkey } = dashboard;
  const owner = await latchkey.register();
  const { id } = owner.organization;
  const api = latchkey.person(owner.accessToken);
  const root = `/organizations/${id}`;
  assert.equal((await api.patch(root, { plan: 'enterprise' })).status, 200);
  const issue = async (fields: Record<string, unknown>) => (await api.post(`${root}/api_keys`, fields)).body;
  return { owner, api, root, issue, open: (path = 'keys', options = {}) => dashboard.open({ as: owner, path: `/o/${id}/${path}`, ...options }) };
}

/** Somebody else of the same house, in a role. */
export async function another({ latchkey }: Dashboard, owner: Registered, role: string): Promise<Registered> {
  const { body: { token } } = await latchkey.person(owner.accessToken).post(`/organizations/${owner.organization.id}/invitations`, { role });
  return latchkey.register({ invitation: token });
}

export const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
export const dialog = (page: Page) => page.getByRole('dialog');
export const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
