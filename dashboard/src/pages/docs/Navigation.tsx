// All operations by what they are about, and a search over them. One group is open at a time, unless something is searched:
// over a hundred links at once help nobody.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { go } from '../../state/router.ts';
import { Icon } from '../../ui/Icon.tsx';
import type { Group, Operation, Reference } from './description.ts';
import { Method } from './Marked.tsx';

interface Props {
  reference: Reference;
  /** The operation that is shown; empty on the first page. */
  id: string;
  open: boolean;
  onChosen: () => void;
}

/** Whether all words of a search occur in what is known of an operation. */
function finds(words: readonly string[], { id, method, path, summary, text, tag }: Operation): boolean {
  const all = `${id} ${method} ${path} ${summary} ${text} ${tag}`.toLowerCase();
  return words.every((word) => all.includes(word));
}

/** What members do is found by a search; else it is behind what keys do, which is the same. */
const isShadow = ({ twin, path }: Operation): boolean => twin !== null && !path.startsWith('/v1/');

const wordsOf = (search: string): string[] => search.toLowerCase().split(/\s+/).filter(Boolean);

/** The groups with what a search finds; without one, with all but the shadows. */
function found(reference: Reference, words: readonly string[]): Group[] {
  const wanted = (operation: Operation) => (words.length > 0 ? finds(words, operation) : !isShadow(operation));
  return reference.groups.map((group) => ({ ...group, operations: group.operations.filter(wanted) })).filter(({ operations }) => operations.length > 0);
}

/** The first part of a sentence, if it says enough. */
const briefly = (summary: string): string => /^.{12,}?(?=[,;:] )/.exec(summary)?.[0] ?? summary;

export function Navigation({ reference, id, open, onChosen }: Props) {
  const [typed, setTyped] = useState('');
  // What is found follows a moment later: letters appear as they are typed, however much one of them finds.
  const [search, setSearch] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed), typed ? 40 : 0);
    return () => clearTimeout(timer);
  }, [typed]);
  const field = useRef<HTMLInputElement>(null);
  const nav = useRef<HTMLElement>(null);
  const shown = reference.operations.get(id);
  // The one behind it is marked where the shadow itself is not in the list.
  const current = shown && isShadow(shown) && !search ? shown.twin! : id;
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (shown) setUnfolded((before) => new Set([...before, shown.tag]));
  }, [shown]);
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current, unfolded]);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.metaKey || event.ctrlKey || event.altKey) return;
      if ((event.target as Element).closest('input, textarea, select, dialog')) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);

  const words = wordsOf(search);
  const groups = useMemo(() => found(reference, words), [reference, search]);
  const count = groups.reduce((sum, { operations }) => sum + operations.length, 0);

  // Arrows go through the links and back to the field.
  const move = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && typed) {
      event.stopPropagation();
      setTyped('');
      field.current?.focus();
      return;
    }
    if (event.key === 'Enter' && event.target === field.current) {
      const first = wordsOf(typed).length > 0 && found(reference, wordsOf(typed))[0]?.operations[0];
      if (first) {
        onChosen();
        go(`/docs/${first.id}`);
      }
      return;
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const stops = [field.current!, ...nav.current!.querySelectorAll<HTMLElement>('.docs-groups :is(a, button:enabled)')];
    const index = stops.indexOf(document.activeElement as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1);
    if (!stops[index]) return;
    event.preventDefault();
    stops[index].focus();
  };

  return (
    <nav ref={nav} id="docs-nav" class={`docs-nav ${open ? 'open' : ''}`} aria-label="Operations" onKeyDown={move}>
      <div class="docs-search">
        <Icon name="search" size={16} />
        <input
          ref={field}
          type="search"
          class="input"
          aria-label="Search the operations"
          placeholder="Search"
          title="Press / to search"
          spellcheck={false}
          autocomplete="off"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      <p class="unseen" role="status">{search ? `${count} ${count === 1 ? 'operation' : 'operations'} found` : ''}</p>
      <div class="docs-groups">
        {words.length === 0 && <a class="docs-link" href="/docs" aria-current={id === '' ? 'page' : undefined} onClick={onChosen}>Introduction</a>}
        {groups.map(({ name, operations }) => {
          const unfold = words.length > 0 || unfolded.has(name);
          return (
            <div key={name} class="docs-group">
              <button
                type="button"
                aria-expanded={unfold}
                disabled={words.length > 0}
                onClick={() => setUnfolded((before) => new Set(before.has(name) ? [...before].filter((one) => one !== name) : [...before, name]))}
              >
                <Icon name="right" size={14} class={unfold ? 'turned' : ''} />
                <span class="grow">{name}</span>
                <span class="docs-count">{operations.length}</span>
              </button>
              {unfold && (
                <ul>
                  {operations.map((operation) => (
                    <li key={operation.id}>
                      <a class="docs-link" href={`/docs/${operation.id}`} aria-current={operation.id === current ? 'page' : undefined} title={`${operation.method} ${operation.path}`} onClick={onChosen}>
                        <Method method={operation.method} />
                        <span class="grow">
                          <span class="docs-link-name">{briefly(operation.summary)}</span>
                          {words.length > 0 && <span class="docs-link-path">{operation.path}</span>}
                        </span>
                      </a>
                    </li>
                  ))}
                </ul>
              )}
            </div>
          );
        })}
        {count === 0 && <p class="docs-none">Nothing is called that. Search for a word of a path, such as <code>usage</code>.</p>}
      </div>
    </nav>
  );
}
