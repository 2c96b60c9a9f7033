// The first steps of an organization, while nothing was asked of its keys.
import { api, ask, type Schema } from '../../api/client.ts';
import { useLoad } from '../../state/load.ts';
import { at, here, may, organizationId } from '../../state/organization.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Code } from '../../ui/Copy.tsx';
import { Panel } from '../../ui/Page.tsx';

/** What of it is done. The first page of each list is enough to know. */
async function begin(signal: AbortSignal) {
  const page = { params: { path: here(), query: { limit: 25 } }, signal };
  const [keys, sessions, endpoints] = await Promise.all([
    ask(api.GET('/organizations/{organizationId}/api_keys', page)) as Promise<{ data: Schema<'ApiKey'>[] }>,
    ask(api.GET('/organizations/{organizationId}/sessions', page)),
    may('listWebhookEndpoints') ? ask(api.GET('/organizations/{organizationId}/webhook_endpoints', page)) : { data: [] },
  ]);
  return { hasKeys: keys.data.length > 0, isUsed: keys.data.some(({ lastUsedAt }) => lastUsedAt !== null), hasSessions: sessions.data.length > 1, hasEndpoints: endpoints.data.length > 0 };
}

export function GettingStarted() {
  const { data: begun } = useLoad(begin, [organizationId.value]);
  if (!begun) return null;
  const step = (done: boolean, title: string) => ({ class: done ? 'done' : '', title: <h3>{title}{done && <span class="unseen">, done</span>}</h3> });
  const [keys, used, sessions, hooks] = [
    step(begun.hasKeys, 'Issue a key'),
    step(begun.isUsed, 'Verify it from your backend'),
    step(begun.hasSessions, 'Keep customers apart'),
    step(begun.hasEndpoints, 'Be told what happens'),
  ];
  return (
    <Panel title="Getting started" text="Four steps, and your API has keys." flush>
      <ol class="steps">
        <li class={keys.class}>
          <div>
            {keys.title}
            <p>{begun.hasKeys ? 'The first one is there. It was shown when it was made, and never again.' : 'It is shown once. Keep it where your backend finds it, never in code.'}</p>
            {may('createApiKey') && <p class="step-act"><LinkButton small href={`${at('keys')}?create=1`} icon="plus">New key</LinkButton></p>}
          </div>
        </li>
        <li class={used.class}>
          <div>
            {used.title}
            <p>Ask with each request of a customer whether their key is good. The answer says who they are and what is left of their limits.</p>
            <Code text={`curl ${location.origin}/v1/keys/verify \\\n  -H "Authorization: Bearer $LATCHKEY_KEY" -H 'content-type: application/json' \\\n  -d '{"key": "'$CUSTOMER_KEY'"}'`} label="Copy the command" />
          </div>
        </li>
        <li class={sessions.class}>
          <div>
            {sessions.title}
            <p>A session for each customer or stage has its own keys, limits and health.</p>
            <p class="step-act"><LinkButton small href={at('sessions')}>Sessions</LinkButton></p>
          </div>
        </li>
        {may('listWebhookEndpoints') && (
          <li class={hooks.class}>
            <div>
              {hooks.title}
              <p>Webhooks tell your services of revoked keys and open alerts, signed.</p>
              <p class="step-act"><LinkButton small href={at('webhooks')}>Webhooks</LinkButton></p>
            </div>
          </li>
        )}
      </ol>
    </Panel>
  );
}
