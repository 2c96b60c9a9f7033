// Reading from the service inside a component: what is there, what went wrong, and again.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api/problem.ts';

export interface Loaded<T> {
  /** Undefined until the first answer; stays while it is read again. */
  data: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
  /** Reads again, without taking away what is shown. */
  reload: () => void;
  /** Shows something before the service has said it, or what an answer to a change has brought. */
  set: (data: T) => void;
}

/**
 * Reads now, and anew when one of `inputs` changes; what comes too late is dropped.
 *
 *   const members = useLoad((signal) => ask(api.GET('…', { params, signal })), [organizationId]);
 */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const key = JSON.stringify(inputs);
  const [state, setState] = useState<{ key: string; data?: T; problem?: Problem; loading: boolean }>({ key, loading: true });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    // The first time it is as it begins, and nothing is rendered for it.
    setState((before) => (before.key !== key ? { key, loading: true } : before.loading ? before : { ...before, loading: true }));
    load(controller.signal).then(
      (data) => controller.signal.aborted || setState({ key, data, loading: false }),
      (error: unknown) => controller.signal.aborted || setState((before) => ({ ...before, key, problem: Problem.from(error), loading: false })),
    );
    return () => controller.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const set = useCallback((data: T) => setState((before) => ({ ...before, data, problem: undefined })), []);
  const fresh = state.key === key;
  return { data: fresh ? state.data : undefined, problem: fresh ? state.problem : undefined, loading: !fresh || state.loading, reload, set };
}

interface Page<Row> {
  data: Row[];
  pagination: { hasMore: boolean; nextCursor: string | null };
}

export interface Rows<Row> extends Omit<Loaded<Row[]>, 'data' | 'set'> {
  /** Undefined until the first page is there. */
  rows: Row[] | undefined;
  hasMore: boolean;
  loadingMore: boolean;
  more: () => void;
  /** Puts a changed row in the place of the old one, or takes it away. */
  replace: (is: (row: Row) => boolean, row: Row | null) => void;
}

/** A list, page after page by cursors. */
export function usePages<Row>(load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>, inputs: readonly unknown[]): Rows<Row> {
  const first = useLoad((signal) => load(undefined, signal), inputs);
  const [further, setFurther] = useState<{ of: Page<Row> | undefined; pages: Page<Row>[]; loading: boolean; problem?: Problem }>({ of: undefined, pages: [], loading: false });
  const shown = useRef<Page<Row> | undefined>(undefined);
  shown.current = first.data;
  const mine = further.of === first.data ? further : { of: first.data, pages: [] as Page<Row>[], loading: false, problem: undefined };
  const end = mine.pages.at(-1) ?? first.data;
  const more = () => {
    const cursor = end?.pagination.nextCursor;
    if (!cursor || mine.loading) return;
    const of = first.data;
    setFurther({ of, pages: mine.pages, loading: true });
    const still = (next: typeof further) => shown.current === of && setFurther(next);
    load(cursor, new AbortController().signal).then(
      (page) => still({ of, pages: [...mine.pages, page], loading: false }),
      (error: unknown) => still({ of, pages: mine.pages, loading: false, problem: Problem.from(error) }),
    );
  };
  const replace = (is: (row: Row) => boolean, row: Row | null) => {
    if (!first.data) return;
    const changed = ({ data, pagination }: Page<Row>) => ({ data: data.flatMap((old) => (is(old) ? (row ? [row] : []) : [old])), pagination });
    const of = changed(first.data);
    first.set(of);
    setFurther({ of, pages: mine.pages.map(changed), loading: false });
  };
  return {
    rows: first.data && [first.data, ...mine.pages].flatMap(({ data }) => data),
    problem: first.problem ?? mine.problem,
    loading: first.loading,
    hasMore: end?.pagination.hasMore ?? false,
    loadingMore: mine.loading,
    more,
    replace,
    reload: first.reload,
  };
}

/** What a table needs to know of a list: `<Table {...paged(members)} …>`. */
export function paged<Row>({ rows, problem, reload, hasMore, loadingMore, more }: Rows<Row>) {
  return { rows, problem, again: reload, hasMore, loadingMore, onMore: more };
}

export interface Submission {
  /** For `onSubmit` and `onClick`. */
  submit: (event?: Event) => void;
  busy: boolean;
  problem: Problem | undefined;
  /** What is wrong with a field, such as `name`. */
  at: (field: string) => string | undefined;
  reset: () => void;
}

/** Sending something once at a time; what goes wrong is kept for the form to show. */
export function useSubmit(work: () => Promise<unknown>): Submission {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const running = useRef(false);
  const gone = useRef(false);
  useEffect(() => () => void (gone.current = true), []);
  const submit = (event?: Event) => {
    event?.preventDefault();
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblem(undefined);
    work()
      .catch((error: unknown) => gone.current || setProblem(Problem.from(error)))
      .finally(() => {
        running.current = false;
        if (!gone.current) setBusy(false);
      });
  };
  return { submit, busy, problem, at: (field) => problem?.at(field), reset: () => setProblem(undefined) };
}
