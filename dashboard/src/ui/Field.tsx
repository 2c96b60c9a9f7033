// Fields of forms: a label, the control, what it is for, and what is wrong with it. `at` of `useSubmit` gives the last.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Problem } from '../api/problem.ts';
import { sentence } from '../api/problem.ts';
import { IconButton } from './Button.tsx';
import { Trouble } from './Trouble.tsx';

interface Common {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  optional?: boolean;
  /** The label is there for screen readers only. */
  bare?: boolean;
}

/** Focus for what appears later than the document: the attribute alone works only once. */
function useFocus<Control extends HTMLElement>(wanted: boolean | undefined) {
  const control = useRef<Control>(null);
  useEffect(() => {
    if (wanted) control.current?.focus();
  }, []);
  return control;
}

/** The frame around any control; `children` is given the attributes that tie it to label, hint and error. */
export function Field({ label, hint, error, optional, bare, children }: Common & { children: (tied: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: 'true' }) => ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class={`field ${error ? 'wrong' : ''}`}>
      <label for={id} class={bare ? 'unseen' : ''}>
        {label}
        {optional && <span class="optional"> optional</span>}
      </label>
      {children({ id, ...(described ? { 'aria-describedby': described } : {}), ...(error ? { 'aria-invalid': 'true' } : {}) })}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {error && <p class="error" id={`${id}-error`}>{error}</p>}
    </div>
  );
}

/** What a text may be, as far as the browser helps with it. */
interface Typed {
  name?: string;
  placeholder?: string;
  required?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  maxLength?: number;
  onKeyDown?: (event: KeyboardEvent) => void;
}

interface Text extends Common, Typed {
  value: string;
  onValue: (value: string) => void;
  mono?: boolean;
  type?: 'text' | 'email' | 'search' | 'url' | 'number' | 'date' | 'datetime-local';
  inputMode?: 'text' | 'numeric' | 'decimal' | 'email' | 'url' | 'search';
  min?: string | number;
  max?: string | number;
  step?: string | number;
  class?: string;
}

export function TextField({ label, hint, error, optional, bare, value, onValue, mono, type = 'text', class: extra = '', ...rest }: Text) {
  const control = useFocus<HTMLInputElement>(rest.autofocus);
  return (
    <Field {...{ label, hint, error, optional, bare }}>
      {(tied) => <input ref={control} type={type as 'text'} spellcheck={false} autocomplete="off" class={`input ${mono ? 'mono' : ''} ${extra}`} value={value} onInput={(event) => onValue(event.currentTarget.value)} {...rest} {...tied} />}
    </Field>
  );
}

/** A password, with an eye. */
export function PasswordField({ label, hint, error, value, onValue, ...rest }: Common & Typed & { value: string; onValue: (value: string) => void }) {
  const [shown, setShown] = useState(false);
  const control = useFocus<HTMLInputElement>(rest.autofocus);
  return (
    <Field {...{ label, hint, error }}>
      {(tied) => (
        <div class="with-end">
          <input ref={control} type={(shown ? 'text' : 'password') as 'password'} class="input" spellcheck={false} value={value} onInput={(event) => onValue(event.currentTarget.value)} {...rest} {...tied} />
          <IconButton icon={shown ? 'hidden' : 'eye'} label={shown ? 'Hide the password' : 'Show the password'} aria-pressed={shown} onClick={() => setShown(!shown)} />
        </div>
      )}
    </Field>
  );
}

export function TextArea({ label, hint, error, optional, bare, value, onValue, mono, ...rest }: Common & { value: string; onValue: (value: string) => void; mono?: boolean; rows?: number } & Typed) {
  return (
    <Field {...{ label, hint, error, optional, bare }}>
      {(tied) => <textarea class={`input area ${mono ? 'mono' : ''}`} spellcheck={false} value={value} onInput={(event) => onValue(event.currentTarget.value)} {...rest} {...tied} />}
    </Field>
  );
}

/** A file of this machine. What was chosen is shown by the browser; `hint` may say it once more. */
export function FileField({ label, hint, error, accept, onFile }: Common & { accept: string; onFile: (file: File | undefined) => void }) {
  return (
    <Field {...{ label, hint, error }}>
      {(tied) => <input type="file" class="input file" accept={accept} onChange={(event) => onFile(event.currentTarget.files?.[0])} {...tied} />}
    </Field>
  );
}

export interface Choice<Value extends string = string> {
  value: Value;
  label: string;
}

export function Select<Value extends string>({ label, hint, error, optional, bare, value, onValue, choices, disabled }: Common & { value: Value; onValue: (value: Value) => void; choices: readonly Choice<Value>[]; disabled?: boolean }) {
  return (
    <Field {...{ label, hint, error, optional, bare }}>
      {(tied) => (
        <select class="input select" value={value} disabled={disabled} onChange={(event) => onValue(event.currentTarget.value as Value)} {...tied}>
          {choices.map((choice) => <option key={choice.value} value={choice.value} selected={choice.value === value}>{choice.label}</option>)}
        </select>
      )}
    </Field>
  );
}

/** A box to tick: `aria` of its own, because the label stands behind it. */
export function Checkbox({ label, hint, checked, onChecked, disabled }: { label: ComponentChildren; hint?: ComponentChildren; checked: boolean; onChecked: (checked: boolean) => void; disabled?: boolean }) {
  const id = useId();
  return (
    <div class="tick">
      <input type="checkbox" id={id} checked={checked} disabled={disabled} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onChecked(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

/** On or off, in force at once. */
export function Switch({ label, on, onChange, disabled, bare }: { label: string; on: boolean; onChange: (on: boolean) => void; disabled?: boolean; bare?: boolean }) {
  return (
    <button type="button" role="switch" class="switch" aria-checked={on} aria-label={bare ? label : undefined} disabled={disabled} onClick={() => onChange(!on)}>
      <span class="track" aria-hidden="true"><span class="knob" /></span>
      {!bare && <span>{label}</span>}
    </button>
  );
}

/** A few choices of which one is taken, side by side. */
export function Segmented<Value extends string>({ label, value, onValue, choices }: { label: string; value: Value; onValue: (value: Value) => void; choices: readonly Choice<Value>[] }) {
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class="unseen">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input type="radio" name={name} value={choice.value} checked={choice.value === value} onChange={() => onValue(choice.value)} />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** What is wrong with a form as a whole, and with fields that it does not show. */
export function FormTrouble({ problem, fields = [] }: { problem: Problem | undefined; fields?: readonly string[] }) {
  if (!problem) return null;
  const besides = problem.besides(fields);
  if (problem.errors.length > 0 && besides.length === 0) return <p class="unseen" role="alert">Some fields need another look.</p>;
  const more = besides.map(({ pointer, parameter, message }) => sentence(`${(pointer ?? parameter ?? '').replace(/^\//, '')} ${message}`)).join(' ');
  return <Trouble problem={problem} text={more || undefined} />;
}
