// What pages are made of: a head with the title, and panels.
import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';

/** The heading of a page; the router puts the focus on it, and it names the tab of the browser. */
export function PageHead({ title, text, actions, back }: { title: string; text?: ComponentChildren; actions?: ComponentChildren; back?: { href: string; label: string } }) {
  useEffect(() => {
    document.title = `${title} · Latchkey`;
  }, [title]);
  return (
    <header class="page-head">
      <div class="grow">
        {back && <a class="back" href={back.href}>{back.label}</a>}
        <h1 tabIndex={-1}>{title}</h1>
        {text && <p class="lead">{text}</p>}
      </div>
      {actions && <div class="page-actions">{actions}</div>}
    </header>
  );
}

/** A part of a page with a heading of its own. */
export function Panel({ title, text, actions, children, flush }: { title?: string; text?: ComponentChildren; actions?: ComponentChildren; children?: ComponentChildren; /** Without padding: for tables. */ flush?: boolean }) {
  const id = useId();
  return (
    <section class={`panel ${flush ? 'flush' : ''}`} aria-labelledby={title ? id : undefined}>
      {title && (
        <header class="panel-head">
          <div class="grow">
            <h2 id={id}>{title}</h2>
            {text && <p>{text}</p>}
          </div>
          {actions}
        </header>
      )}
      {children !== undefined && <div class="panel-body">{children}</div>}
    </section>
  );
}

/** Names and values, one under the other. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A figure that matters, with what it is. */
export function Stat({ label, value, note, tone = '' }: { label: string; value: ComponentChildren; note?: ComponentChildren; tone?: 'good' | 'warn' | 'bad' | '' }) {
  return (
    <div class="stat">
      <p class="stat-label">{label}</p>
      <p class={`stat-value ${tone}`}>{value}</p>
      {note && <p class="stat-note">{note}</p>}
    </div>
  );
}

/** A remark within a page. */
export function Note({ tone = 'info', children }: { tone?: 'info' | 'warn' | 'bad' | 'good'; children: ComponentChildren }) {
  return <div class={`note-box ${tone}`}>{children}</div>;
}

/** Filters and a search above a table. */
export function Toolbar({ children }: { children: ComponentChildren }) {
  return <div class="toolbar">{children}</div>;
}
