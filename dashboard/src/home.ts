// The first page of an organization: the first one of the sidebar.
import { routes } from './routes.ts';
import { at } from './state/organization.ts';

export function home(organizationId: string): string {
  const first = routes.find(({ nav }) => nav);
  return first ? first.path.replace(':organizationId', organizationId) : at('', organizationId);
}
