// The frame of the pages before signing in.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Mark } from './Icon.tsx';

export function Entrance({ title, text, children, below }: { title?: string; text?: ComponentChildren; children: ComponentChildren; below?: ComponentChildren }) {
  useEffect(() => {
    if (title) document.title = `${title} · Latchkey`;
  }, [title]);
  return (
    <div class="entrance">
      <div class="entrance-brand"><Mark size={32} /> Latchkey</div>
      <div class="entrance-card">
        {title && <h1 tabIndex={-1}>{title}</h1>}
        {text && <p class="lead">{text}</p>}
        {children}
      </div>
      {below && <div class="entrance-below">{below}</div>}
    </div>
  );
}
