// A button that opens a list of actions or links, after the ARIA pattern.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './Icon.tsx';

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** A link; else `act`. */
  href?: string;
  act?: () => void;
  danger?: boolean;
  /** Shown as chosen. */
  current?: boolean;
  /** A line above it. */
  apart?: boolean;
  note?: string;
}

interface Props {
  /** What the list is called; the button too, if it has no words of its own (`spoken`). */
  label: string;
  button: ComponentChildren;
  items: readonly MenuItem[];
  /** The button says what it is: its name must be what one sees. */
  spoken?: boolean;
  /** Where the list opens: above, or flush with the right edge. */
  up?: boolean;
  end?: boolean;
  class?: string;
}

export function Menu({ label, button, items, spoken = false, up = false, end = false, class: extra = '' }: Props) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const entries = () => [...(place.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  useLayoutEffect(() => {
    if (!open) return;
    entries()[0]?.focus();
    const away = (event: Event) => place.current?.contains(event.target as Node) || setOpen(false);
    document.addEventListener('pointerdown', away);
    document.addEventListener('focusin', away);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('focusin', away);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    place.current?.querySelector<HTMLElement>('button[aria-haspopup]')?.focus();
  };
  const move = (event: KeyboardEvent) => {
    const all = entries();
    const index = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape') {
      event.stopPropagation();
      event.preventDefault();
      close();
    } else if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    }
  };
  return (
    <div class={`menu ${extra}`} ref={place} onKeyDown={open ? move : undefined}>
      <button type="button" class="menu-button" aria-label={spoken ? undefined : label} aria-haspopup="menu" aria-expanded={open} aria-controls={open ? id : undefined} onClick={() => setOpen(!open)}>{button}</button>
      {open && (
        <div role="menu" id={id} aria-label={label} class={`menu-list ${up ? 'up' : ''} ${end ? 'end' : ''}`}>
          {items.map((item) => {
            const content = (
              <>
                {item.icon && <Icon name={item.icon} size={16} />}
                <span class="grow">{item.label}{item.note && <span class="note">{item.note}</span>}</span>
                {item.current && <Icon name="check" size={16} />}
              </>
            );
            const shared = { role: 'menuitem' as const, tabIndex: -1, class: `menu-item ${item.danger ? 'danger' : ''} ${item.apart ? 'apart' : ''}`, 'aria-current': item.current ? ('true' as const) : undefined };
            const leave = () => {
              close();
              item.act?.();
            };
            return item.href
              ? <a key={item.label + item.note} href={item.href} {...shared} onClick={() => setOpen(false)}>{content}</a>
              : <button key={item.label + item.note} type="button" {...shared} onClick={leave}>{content}</button>;
          })}
        </div>
      )}
    </div>
  );
}
