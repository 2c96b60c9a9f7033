// One operation: what it does, what it needs and takes, what it answers, how it refuses; beside it samples, and trying it.
import { useEffect, useState } from 'preact/hooks';
import { Code, Copy } from '../../ui/Copy.tsx';
import { PageHead, Panel } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Tabs } from '../../ui/Tabs.tsx';
import type { Answer, Operation, Reference } from './description.ts';
import { exampleOf } from './example.ts';
import { Marked, Method } from './Marked.tsx';
import { useTrial } from './request.ts';
import { curl, typescript, variablesOf } from './samples.ts';
import { Fields, Fold, SchemaView } from './SchemaView.tsx';
import { TryIt } from './TryIt.tsx';

export type Side = 'curl' | 'typescript' | 'try';
const SIDES = [{ name: 'curl', label: 'curl' }, { name: 'typescript', label: 'TypeScript' }, { name: 'try', label: 'Try it' }] as const;

interface Props {
  operation: Operation;
  reference: Reference;
  /** Which of the samples is wanted; the same for all operations. */
  side: Side;
  onSide: (side: Side) => void;
  secret: string;
  onSecret: (value: string) => void;
}

export function OperationPage({ operation, reference, side, onSide, secret, onSecret }: Props) {
  const { schemas } = reference;
  const trial = useTrial(operation, schemas);
  const base = location.origin;
  const later = useLater();
  const variables = variablesOf(operation, schemas);
  const placed = (place: string) => operation.parameters.filter((parameter) => parameter.in === place).map(({ name, schema, required = false, description }) => ({ name, required, schema: description ? { ...schema, description } : schema }));
  return (
    <>
      <div class="docs-head">
        <p class="docs-tag">{operation.tag}</p>
        <PageHead title={operation.summary} />
        <p class="docs-path"><Method method={operation.method} /> <code class="grow">{operation.path}</code> <Copy text={operation.path} label="Copy the path" /></p>
        {operation.text && <p class="docs-text"><Marked text={operation.text} /></p>}
        <Needs operation={operation} reference={reference} />
      </div>
      <aside class="docs-side" aria-label="Samples">
        <div class="panel">
          <Tabs label="Samples" tabs={SIDES} value={side} onValue={onSide}>
            {side === 'try'
              ? <TryIt operation={operation} schemas={schemas} trial={trial} secret={secret} onSecret={onSecret} />
              : (
                <>
                  <Code text={side === 'curl' ? curl(operation, schemas, base) : typescript(operation, schemas, base)} label={`Copy for ${side === 'curl' ? 'curl' : 'TypeScript'}`} />
                  {variables.length > 0 && <p class="hint docs-variables">Takes {variables.map((name, index) => <>{index > 0 && (index === variables.length - 1 ? ' and ' : ', ')}<code>{name}</code></>)} from the environment.</p>}
                </>
              )}
          </Tabs>
        </div>
      </aside>
      {later && (
        <div class="docs-details">
          {(['path', 'query', 'header'] as const).map((place) => {
            const fields = placed(place);
            return fields.length > 0 && <Panel key={place} title={{ path: 'In the path', query: 'In the query', header: 'In the header' }[place]}><Fields fields={fields} schemas={schemas} sent /></Panel>;
          })}
          {operation.body && <Panel title="Body" text={operation.body.required ? undefined : 'May be left out.'}><SchemaView schema={operation.body.schema} schemas={schemas} sent /></Panel>}
          {operation.answers.map((answer) => <AnswerPanel key={answer.status} answer={answer} schemas={schemas} first={answer === operation.answers[0]} />)}
          <Panel title="Errors" text={<>All of them have the <a href="/docs/errors">same shape</a>. Switch on the code; messages are for people.</>} flush>
            <Refusals rows={operation.refusals} label={`Errors of ${operation.id}`} />
          </Panel>
        </div>
      )}
    </>
  );
}

/** True as soon as the rest has been painted: whoever chooses an operation sees its heading at once, and the long part next. */
function useLater(): boolean {
  const [later, setLater] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const frame = requestAnimationFrame(() => (timer = setTimeout(() => setLater(true))));
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, []);
  return later;
}

/** What somebody has to present, and the same operation for the other kind of caller. */
function Needs({ operation: { credential: { kind, needs }, twin, path }, reference }: { operation: Operation; reference: Reference }) {
  const other = twin ? reference.operations.get(twin) : undefined;
  const byKey = path.startsWith('/v1/');
  return (
    <p class="docs-needs">
      {kind === 'none' && <>Needs no credential.</>}
      {kind === 'key' && (needs ? <>Needs an API key with the permission <Pill plain tone="info">{needs}</Pill></> : <>Needs an API key; any will do.</>)}
      {kind === 'person' && (needs ? <>Needs a member who is at least <Pill plain tone="info">{needs}</Pill></> : <>Needs somebody who is signed in.</>)}
      {kind === 'operator' && <>Needs the operator token of the deployment.</>}
      {other && <> <a href={`/docs/${other.id}`}>{byKey ? 'The same for members' : 'The same with an API key'}</a></>}
    </p>
  );
}

function AnswerPanel({ answer: { status, text, type, schema, headers }, schemas, first }: { answer: Answer; schemas: Reference['schemas']; first: boolean }) {
  const example = schema && type === 'application/json' ? JSON.stringify(exampleOf(schema, { schemas, whole: true }), null, 2) : null;
  return (
    <Panel title={`Answer ${status}`} text={<>{text}{type && type !== 'application/json' && <> The body is <code>{type}</code>.</>}{!type && ' It has no body.'}</>}>
      {schema && (first ? <SchemaView schema={schema} schemas={schemas} sent={false} /> : <Fold title="Fields">{() => <SchemaView schema={schema} schemas={schemas} sent={false} />}</Fold>)}
      {example && <Fold title="Example">{() => <Code text={example} label="Copy the example" />}</Fold>}
      {headers.length > 0 && (
        <Fold title={`Header (${headers.length})`}>
          {() => (
            <ul class="docs-fields">
              {headers.map(({ name, text: about }) => <li key={name} class="docs-field"><p class="docs-field-head"><code class="docs-field-name">{name}</code></p><p class="docs-field-text"><Marked text={about} /></p></li>)}
            </ul>
          )}
        </Fold>
      )}
    </Panel>
  );
}

/** Ways to refuse: status, code, meaning. */
export function Refusals({ rows, label }: { rows: readonly { status: string; code: string; meaning: string }[]; label: string }) {
  return (
    <table class="table plain docs-errors" aria-label={label}>
      <thead><tr><th scope="col">Status</th><th scope="col">Code</th><th scope="col">Meaning</th></tr></thead>
      <tbody>
        {rows.map(({ status, code, meaning }) => (
          <tr key={status + code}><td class="figures">{status}</td><td><code>{code}</code></td><td>{meaning}</td></tr>
        ))}
      </tbody>
    </table>
  );
}

