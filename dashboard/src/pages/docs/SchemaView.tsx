// A schema, property by property. What lies deeper is unfolded on demand, and made only then: some schemas are large, and a
// few contain themselves.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { rulesOf, shapeOf, typeName, typesOf, type Reference, type SchemaObject } from './description.ts';
import { Marked } from './Marked.tsx';

type Schemas = Reference['schemas'];

/** More than that many values are unfolded on demand. */
const VALUES = 12;

interface Field {
  name: string;
  schema: SchemaObject;
  required: boolean;
}

/** A list of fields: of a body, of an answer, or parameters. */
export function Fields({ fields, schemas, sent }: { fields: readonly Field[]; schemas: Schemas; /** Whether it is the caller who writes them. */ sent: boolean }) {
  return (
    <ul class="docs-fields">
      {fields.map((field) => <FieldRow key={field.name} field={field} schemas={schemas} sent={sent} />)}
    </ul>
  );
}

/** A whole body. */
export function SchemaView({ schema, schemas, sent }: { schema: SchemaObject; schemas: Schemas; sent: boolean }) {
  const { core, text, nullable } = shapeOf(schema, schemas);
  const inside = partsOf(core, schemas);
  return (
    <div class="docs-schema">
      <p class="docs-schema-head">
        <span class="docs-type">{typeName(schema, schemas)}{nullable && ' or null'}</span> <Marked text={text} />
      </p>
      <Rules core={core} />
      <Parts parts={inside} schemas={schemas} sent={sent} />
      {inside.length === 0 && <Limits core={core} />}
    </div>
  );
}

/** What a schema is made of: its own fields, those of its items, or those of each that it may be. */
interface Part {
  title: string;
  schema: SchemaObject;
}

function partsOf(core: SchemaObject, schemas: Schemas): Part[] {
  if (core.anyOf) return core.anyOf.map((one, index) => ({ title: `${index === 0 ? 'Either' : 'or'} ${typeName(one, schemas)}`, schema: one }));
  const types = typesOf(core);
  if (types.includes('array') && core.items) {
    const inner = shapeOf(core.items, schemas).core;
    return isDeep(inner) ? [{ title: 'Each of them', schema: core.items }] : [];
  }
  return Object.keys(core.properties ?? {}).length > 0 || typeof core.additionalProperties === 'object' ? [{ title: '', schema: core }] : [];
}

const isDeep = (core: SchemaObject): boolean => Boolean(core.properties || core.anyOf || core.items || core.enum || typeof core.additionalProperties === 'object');

function Parts({ parts, schemas, sent }: { parts: readonly Part[]; schemas: Schemas; sent: boolean }) {
  return (
    <>
      {parts.map(({ title, schema }, index) => {
        const { core } = shapeOf(schema, schemas);
        if (title) return <Fold key={index} title={title} open={parts.length === 1}>{() => <Inner schema={schema} schemas={schemas} sent={sent} />}</Fold>;
        const fields = Object.entries(core.properties ?? {}).map(([name, inner]) => ({ name, schema: inner, required: core.required?.includes(name) ?? false }));
        // What has to be sent comes first.
        if (sent) fields.sort((a, b) => Number(b.required) - Number(a.required));
        return (
          <>
            <Fields fields={fields} schemas={schemas} sent={sent} />
            {typeof core.additionalProperties === 'object' && <Fold title={`Any other name: ${typeName(core.additionalProperties, schemas)}`}>{() => <Inner schema={core.additionalProperties as SchemaObject} schemas={schemas} sent={sent} />}</Fold>}
          </>
        );
      })}
    </>
  );
}

function Inner({ schema, schemas, sent }: { schema: SchemaObject; schemas: Schemas; sent: boolean }) {
  const { core } = shapeOf(schema, schemas);
  const parts = partsOf(core, schemas);
  return (
    <>
      <Rules core={core} />
      <Limits core={core} />
      <Parts parts={parts} schemas={schemas} sent={sent} />
    </>
  );
}

function FieldRow({ field: { name, schema, required }, schemas, sent }: { field: Field; schemas: Schemas; sent: boolean }) {
  const { core, nullable, text } = shapeOf(schema, schemas);
  const parts = partsOf(core, schemas);
  const count = Object.keys(core.properties ?? (core.items ? shapeOf(core.items, schemas).core.properties : undefined) ?? {}).length;
  return (
    <li class="docs-field">
      <p class="docs-field-head">
        <code class="docs-field-name">{name}</code>
        <span class="docs-type">{typeName(schema, schemas)}{nullable && ' or null'}</span>
        {sent && required && <span class="docs-required">required</span>}
        {!sent && !required && <span class="docs-optional">not always there</span>}
      </p>
      {text && <p class="docs-field-text"><Marked text={text} /></p>}
      <Limits core={core} />
      {parts.length > 0 && (
        <Fold title={count > 0 ? `${count} ${count === 1 ? 'field' : 'fields'} of ${name}` : `What ${name} may be`}>
          {() => <><Rules core={core} /><Parts parts={parts} schemas={schemas} sent={sent} /></>}
        </Fold>
      )}
    </li>
  );
}

function Rules({ core }: { core: SchemaObject }) {
  const rules = rulesOf(core);
  return rules.length === 0 ? null : <p class="docs-field-text"><Marked text={rules.join(' ')} /></p>;
}

/** Values, bounds and forms that a value has to keep to. */
function Limits({ core }: { core: SchemaObject }) {
  const inner = core.items && core.items.enum ? core.items : core;
  const values = (inner.enum ?? []).filter((value) => value !== null).map(String);
  const bounds = [
    between(core.minimum, core.maximum, ''),
    between(core.minLength, core.maxLength, ' characters'),
    between(core.minItems, core.maxItems, ' of them'),
    between(core.minProperties, core.maxProperties, ' names'),
    core.default === undefined ? '' : `default ${JSON.stringify(core.default)}`,
  ].filter(Boolean);
  if (values.length === 0 && bounds.length === 0 && !core.pattern) return null;
  return (
    <div class="docs-limits">
      {values.length > 0 && <Values values={values} />}
      {bounds.length > 0 && <p>{bounds.join(' · ')}</p>}
      {core.pattern && <p>matches <code>{core.pattern}</code></p>}
    </div>
  );
}

function Values({ values }: { values: readonly string[] }) {
  const [all, setAll] = useState(values.length <= VALUES);
  return (
    <p class="docs-values">
      <span class="unseen">One of: </span>
      {values.slice(0, all ? undefined : VALUES).map((value) => <code key={value}>{value}</code>)}
      {!all && <button type="button" class="docs-more" onClick={() => setAll(true)}>{values.length - VALUES} more</button>}
    </p>
  );
}

function between(least: number | undefined, most: number | undefined, what: string): string {
  const figure = (value: number) => value.toLocaleString('en');
  if (least !== undefined && most !== undefined) return least === most ? `exactly ${figure(least)}${what}` : `${figure(least)} to ${figure(most)}${what}`;
  if (least !== undefined) return `at least ${figure(least)}${what}`;
  return most === undefined ? '' : `at most ${figure(most)}${what}`;
}

/** Something to unfold; what is inside is made when it is first wanted. */
export function Fold({ title, open = false, children }: { title: string; open?: boolean; children: () => ComponentChildren }) {
  const [wanted, setWanted] = useState(open);
  return (
    <details class="docs-fold" open={open} onToggle={(event) => event.currentTarget.open && setWanted(true)}>
      <summary>{title}</summary>
      {wanted && <div class="docs-inner">{children()}</div>}
    </details>
  );
}
