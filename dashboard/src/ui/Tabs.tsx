// Tabs after the ARIA pattern: arrows move, Home and End jump, one of them is in the order of Tab.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

export interface Tab<Name extends string = string> {
  name: Name;
  label: string;
}

export function Tabs<Name extends string>({ label, tabs, value, onValue, children }: { label: string; tabs: readonly Tab<Name>[]; value: Name; onValue: (name: Name) => void; children: ComponentChildren }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  // Where there is no room for all of them, they scroll.
  useEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [value]);
  const move = (event: KeyboardEvent) => {
    const index = tabs.findIndex(({ name }) => name === value);
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    onValue(tabs[next]!.name);
    list.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map((tab) => (
          <button key={tab.name} type="button" role="tab" id={`${id}-${tab.name}`} aria-selected={tab.name === value} aria-controls={`${id}-panel`} tabIndex={tab.name === value ? 0 : -1} onClick={() => onValue(tab.name)}>
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} class="tab-panel">{children}</div>
    </div>
  );
}
