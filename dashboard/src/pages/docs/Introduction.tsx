// The first page of the reference: how to call the service, what is the same everywhere, and all operations by their topic.
import { Code } from '../../ui/Copy.tsx';
import { PageHead, Panel } from '../../ui/Page.tsx';
import type { Reference } from './description.ts';
import { exampleOf } from './example.ts';
import { Marked, Method } from './Marked.tsx';
import { Refusals } from './OperationPage.tsx';
import { SchemaView } from './SchemaView.tsx';
import { curl } from './samples.ts';

export function Introduction({ reference }: { reference: Reference }) {
  const { info, groups, schemas, operations } = reference;
  const sample = (id: string) => {
    const operation = operations.get(id);
    return operation ? curl(operation, schemas, location.origin) : '';
  };
  return (
    <div class="docs-details">
      <PageHead title="API reference" text={info.summary} />
      <Panel title="Begin" text={<>Keys belong on servers: take yours from the environment. <a href="/docs/whoami">Who am I?</a> is the call to try first.</>}>
        <Code text={`export LATCHKEY_KEY=…   # a key of yours\n${sample('whoami')}`} label="Copy the first call" />
        <p>Then <a href="/docs/createApiKey">issue a key</a> to somebody, and <a href="/docs/verifyKey">verify it</a> whenever it is presented to you:</p>
        <Code text={sample('verifyKey')} label="Copy the verification" />
      </Panel>
      <Panel title="What is the same everywhere">
        <div class="prose"><p><Marked text={info.description ?? ''} /></p></div>
        <ul class="docs-points">
          <li><strong>Authentication.</strong> <code>Authorization: Bearer …</code> or <code>x-api-key</code>, not both, and never in the URL. Below <code>/v1</code> it is an API key; below <code>/organizations</code> and <code>/auth</code> the token of somebody who has signed in.</li>
          <li><strong>Pages.</strong> Lists take <code>limit</code> and <code>cursor</code>; go on with <code>pagination.nextCursor</code>.</li>
          <li><strong>Retries.</strong> What issues keys takes an <code>Idempotency-Key</code>: sent again, it answers the same key. <code>Retry-After</code> says when another try makes sense.</li>
          <li><strong>Requests have names.</strong> Say the <code>x-request-id</code> of an answer when you ask for help.</li>
        </ul>
        <p>For programs: <a href="/openapi.json" data-leave>openapi.json</a> has all of this, <a href="/llms.txt" data-leave>llms.txt</a> the gist of it. The version is {info.version}. <a href="/docs/errors">All errors</a> are on a page of their own.</p>
      </Panel>
      {groups.map(({ name, text, operations: members }) => (
        <Panel key={name} title={name} text={text} flush>
          <ul class="docs-index">
            {members.filter(({ twin, path }) => twin === null || path.startsWith('/v1/')).map(({ id, method, summary, path }) => (
              <li key={id}>
                <a href={`/docs/${id}`}>
                  <Method method={method} />
                  <span class="docs-index-name">{summary}</span>
                  <code>{path}</code>
                </a>
              </li>
            ))}
          </ul>
        </Panel>
      ))}
    </div>
  );
}

/** The shape of an error, and all codes with what they mean. */
export function Errors({ reference: { schemas, operations } }: { reference: Reference }) {
  const all = new Map<string, { status: string; code: string; meaning: string }>();
  for (const { refusals } of operations.values()) for (const refusal of refusals) all.set(`${refusal.status} ${refusal.code}`, refusal);
  const rows = [...all.values()].sort((a, b) => Number(a.status) - Number(b.status));
  const shape = { $ref: '#/components/schemas/Error' };
  return (
    <div class="docs-details">
      <PageHead title="Errors" text="One shape for every refusal. Switch on the code; the message is for people and may change." />
      <Panel title="Shape">
        <SchemaView schema={shape} schemas={schemas} sent={false} />
        <Code text={JSON.stringify({ ...(exampleOf(shape, { schemas, whole: true }) as object), message: 'The request is not valid.' }, null, 2)} label="Copy the example" />
        <p>With <code>Accept: application/problem+json</code> the same arrives in the form of RFC 9457.</p>
      </Panel>
      <Panel title="Codes" flush><Refusals rows={rows} label="All error codes" /></Panel>
    </div>
  );
}
