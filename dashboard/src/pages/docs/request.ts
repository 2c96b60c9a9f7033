// A request that somebody tries from the reference: what was filled in, and what came back. All of it is in the state of the
// page, and none of it outlives the page.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../api/problem.ts';
import { useForget } from '../../state/leave.ts';
import type { Operation, Reference } from './description.ts';
import { exampleRequest } from './example.ts';

/** Longer answers are shown up to here. */
const SHOWN = 60_000;
/** What is worth showing of the header. */
export const HEADERS = ['x-request-id', 'ratelimit', 'ratelimit-policy', 'retry-after', 'location', 'link', 'server-timing', 'www-authenticate', 'preference-applied', 'content-type'];

export interface Received {
  status: number;
  ms: number;
  headers: readonly (readonly [string, string])[];
  body: string;
  /** How many characters are not shown. */
  more: number;
}

export interface Trial {
  values: Record<string, string>;
  set: (name: string, value: string) => void;
  body: string;
  setBody: (body: string) => void;
  busy: boolean;
  /** What is wrong with what was filled in, by parameter; `body` and `key` among them. */
  mistakes: Record<string, string>;
  received: Received | undefined;
  problem: Problem | undefined;
  /** Whether it can be sent as it stands; fills `mistakes` if not. */
  check: (key: string) => boolean;
  send: (key: string) => Promise<void>;
}

export function useTrial(operation: Operation, schemas: Reference['schemas']): Trial {
  const [values, setValues] = useState<Record<string, string>>({});
  const [body, setBody] = useState(() => (operation.body ? JSON.stringify(exampleRequest(operation, schemas).body, null, 2) : ''));
  const [mistakes, setMistakes] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [received, setReceived] = useState<Received>();
  const [problem, setProblem] = useState<Problem>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  useForget(() => {
    setReceived(undefined);
    setBody('');
  });

  const check = (key: string): boolean => {
    const found: Record<string, string> = {};
    for (const { name, in: place, required } of operation.parameters) {
      const value = values[name]?.trim() ?? '';
      if (required && value === '') found[name] = 'Is required.';
      // A path would lead somewhere else.
      else if (place === 'path' && /^\.{1,2}$/.test(value)) found[name] = 'Is no name.';
      else if (place === 'header' && !VISIBLE.test(value)) found[name] = 'Has characters that no header can have.';
    }
    if (operation.credential.kind !== 'none' && !VISIBLE.test(key.trim())) found.key = 'Has characters that no key has.';
    if (operation.body && body.trim() !== '') {
      try {
        JSON.parse(body);
      } catch (error) {
        found.body = `Is not JSON: ${(error as Error).message}`;
      }
    }
    setMistakes(found);
    return Object.keys(found).length === 0;
  };

  const send = async (key: string): Promise<void> => {
    running.current?.abort();
    const controller = (running.current = new AbortController());
    setBusy(true);
    setProblem(undefined);
    setReceived(undefined);
    const started = performance.now();
    try {
      const response = await fetch(addressOf(operation, values), {
        method: operation.method,
        headers: headersOf(operation, values, key.trim(), body.trim() !== ''),
        ...(operation.body && body.trim() !== '' ? { body } : {}),
        // As a program would send it: without the cookie of whoever is signed in here, and without keeping one.
        credentials: 'omit',
        cache: 'no-store',
        signal: controller.signal,
      });
      const text = await response.text();
      const shown = readable(text, response.headers.get('content-type') ?? '');
      setReceived({
        status: response.status,
        ms: Math.round(performance.now() - started),
        headers: HEADERS.flatMap((name) => (response.headers.has(name) ? [[name, response.headers.get(name)!] as const] : [])),
        body: shown.slice(0, SHOWN),
        more: Math.max(0, shown.length - SHOWN),
      });
    } catch (error) {
      if (!controller.signal.aborted) setProblem(Problem.from(error));
    } finally {
      if (running.current === controller) setBusy(false);
    }
  };

  const set = (name: string, value: string) => setValues((before) => ({ ...before, [name]: value }));
  return { values, set, body, setBody, busy, mistakes, received, problem, check, send };
}

const VISIBLE = /^[\x20-\x7e]*$/;

/** Where a request goes: always to this origin. */
export function addressOf(operation: Operation, values: Record<string, string>): string {
  let path = operation.path;
  const query = new URLSearchParams();
  for (const { name, in: place } of operation.parameters) {
    const value = values[name]?.trim() ?? '';
    if (place === 'path') path = path.replace(`{${name}}`, value === '' ? `{${name}}` : encodeURIComponent(value));
    if (place === 'query' && value !== '') query.append(name, value);
  }
  const text = query.toString();
  return path + (text && `?${text}`);
}

function headersOf(operation: Operation, values: Record<string, string>, key: string, withBody: boolean): Headers {
  const headers = new Headers();
  if (operation.credential.kind !== 'none' && key !== '') headers.set('authorization', `Bearer ${key}`);
  if (operation.body && withBody) headers.set('content-type', 'application/json');
  for (const { name, in: place } of operation.parameters) if (place === 'header' && values[name]?.trim()) headers.set(name, values[name].trim());
  return headers;
}

function readable(text: string, type: string): string {
  if (!type.includes('json') || type.includes('ndjson')) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
