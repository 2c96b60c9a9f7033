// Every page: its path, the module that shows it (loaded when it is first wanted), and its place in the sidebar. A page is
// added by a file in pages/ and a line here.
import type { ComponentType } from 'preact';
import type { Operation } from './state/organization.ts';
import type { IconName } from './ui/Icon.tsx';

export interface PageProps {
  /** What stands in the path where the route has `:id`. */
  id: string;
}

export interface Route {
  path: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** `open`: for anybody, without the frame. `user`: within the frame. `organization`: below `/o/:organizationId`. */
  kind: 'open' | 'user' | 'organization';
  /** What the role must be good for; others are told so, and do not see it in the sidebar. */
  needs?: Operation;
  nav?: { label: string; icon: IconName };
}

const organization = (path: string, load: Route['load'], more: Pick<Route, 'needs' | 'nav'> = {}): Route => ({ path: `/o/:organizationId${path}`, load, kind: 'organization', ...more });
const open = (path: string, load: Route['load']): Route => ({ path, load, kind: 'open' });

const docs = () => import('./pages/docs.tsx');

/** In the order of the sidebar. */
export const routes: readonly Route[] = [
  open('/sign-in', () => import('./pages/sign-in.tsx')),
  open('/register', () => import('./pages/register.tsx')),
  open('/set-up', () => import('./pages/set-up.tsx')),
  open('/forgot-password', () => import('./pages/forgot-password.tsx')),
  open('/password-reset', () => import('./pages/password-reset.tsx')),
  open('/invitation', () => import('./pages/invitation.tsx')),
  open('/docs', docs),
  open('/docs/:id', docs),
  organization('', () => import('./pages/overview.tsx'), { needs: 'readUsage', nav: { label: 'Overview', icon: 'overview' } }),
  organization('/keys', () => import('./pages/keys.tsx'), { needs: 'listApiKeys', nav: { label: 'API keys', icon: 'keys' } }),
  organization('/keys/unused', () => import('./pages/keys/unused.tsx'), { needs: 'listUnusedApiKeys' }),
  organization('/keys/import', () => import('./pages/imports.tsx'), { needs: 'importApiKeys' }),
  organization('/keys/:id', () => import('./pages/key.tsx'), { needs: 'readApiKey' }),
  organization('/sessions', () => import('./pages/sessions.tsx'), { needs: 'listSessions', nav: { label: 'Sessions', icon: 'sessions' } }),
  organization('/sessions/:id', () => import('./pages/session.tsx'), { needs: 'readSession' }),
  organization('/usage', () => import('./pages/usage.tsx'), { needs: 'readUsage', nav: { label: 'Usage', icon: 'usage' } }),
  organization('/alerts', () => import('./pages/alerts.tsx'), { needs: 'listAlerts', nav: { label: 'Alerts', icon: 'alerts' } }),
  organization('/webhooks', () => import('./pages/webhooks.tsx'), { needs: 'listWebhookEndpoints', nav: { label: 'Webhooks', icon: 'webhooks' } }),
  organization('/webhooks/:id', () => import('./pages/webhook.tsx'), { needs: 'readWebhookEndpoint' }),
  organization('/gateway', () => import('./pages/gateway.tsx'), { needs: 'listGatewayRoutes', nav: { label: 'Gateway', icon: 'gateway' } }),
  organization('/gateway/:id', () => import('./pages/gateway-route.tsx'), { needs: 'readGatewayRoute' }),
  organization('/audit', () => import('./pages/audit.tsx'), { needs: 'readAuditLog', nav: { label: 'Audit log', icon: 'audit' } }),
  organization('/domains', () => import('./pages/domains.tsx'), { needs: 'listDomains', nav: { label: 'Domains', icon: 'domains' } }),
  organization('/members', () => import('./pages/members.tsx'), { needs: 'listMembers', nav: { label: 'Members', icon: 'members' } }),
  organization('/plan', () => import('./pages/plan.tsx'), { needs: 'readOrganization', nav: { label: 'Plan', icon: 'plan' } }),
  { path: '/account', load: () => import('./pages/account.tsx'), kind: 'user' },
];

export interface Match {
  route: Route;
  id: string;
}

/** The route of a path. */
export function match(path: string): Match | null {
  const parts = path.replace(/\/$/, '').split('/');
  for (const route of routes) {
    const pattern = route.path.split('/');
    if (pattern.length !== parts.length || !pattern.every((part, index) => (part.startsWith(':') ? parts[index] : part === parts[index]))) continue;
    const place = pattern.indexOf(':id');
    return { route, id: place < 0 ? '' : decodeURIComponent(parts[place] ?? '') };
  }
  return null;
}
