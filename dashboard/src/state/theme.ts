// Light, dark, or as the system has it: the one thing that is kept in this browser.
import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const NAME = 'latchkey.theme';

const kept = (): Theme => {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
};

/** Read by public/theme.js before the first paint. */
export const theme = signal<Theme>(kept());
/** Counts every change, the system's too: what is painted on a canvas paints itself anew. */
export const painted = signal(0);

export function setTheme(next: Theme): void {
  theme.value = next;
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === 'system') localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, next);
  } catch {
    // Storage is switched off: it lasts as long as the page.
  }
  painted.value += 1;
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => (painted.value += 1));
