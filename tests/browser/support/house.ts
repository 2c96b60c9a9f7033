// An organization with somebody of each kind: who may change things, and who only looks.
import { checked, ok } from '../../e2e/support/acceptance.ts';
import type { Client } from '../../e2e/support/client.ts';
import type { Dashboard, Page, Registered } from './browser.ts';

export interface House {
  owner: Registered;
  /** Of the owner, with an access token. */
  api: Client;
  /** The path of the organization below the API. */
  home: string;
  /** The path of a page of it. */
  at: (page?: string) => string;
}

export async function newHouse({ latchkey }: Dashboard, organizationName: string): Promise<House> {
  const owner = await latchkey.register({ organizationName });
  const id = owner.organization.id;
  return { owner, api: checked(latchkey.person(owner.accessToken)), home: `/organizations/${id}`, at: (page = '') => `/o/${id}${page && `/${page}`}` };
}

/** Somebody else who belongs to it. */
export async function joined({ latchkey }: Dashboard, { api, home }: House, role: 'viewer' | 'member' | 'admin'): Promise<Registered> {
  const { token } = await ok(api.post(`${home}/invitations`, { role }), 201);
  return latchkey.register({ invitation: token });
}

/** What a backend hears about a key. */
export const verified = ({ api, home }: House, key: string, demand: object = {}): Promise<any> => ok(api.post(`${home}/keys/verify`, { key, ...demand }));

export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();

/** Reads until it is so. */
export async function until<T>(read: () => Promise<T>, isSo: (value: T) => boolean, what: string, seconds = 120): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ;) {
    const value = await read();
    if (isSo(value)) return value;
    if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
