// A page that is left may be kept alive by the browser, to be shown again as it was (back-forward cache). Secrets are not
// to be kept: what shows one registers here, and is told to forget it when the page goes.
import { useEffect } from 'preact/hooks';

const forgets = new Set<() => void>();
addEventListener('pagehide', () => {
  for (const forget of forgets) forget();
});

/** Calls `forget` when the page is left. */
export function useForget(forget: () => void): void {
  useEffect(() => {
    forgets.add(forget);
    return () => void forgets.delete(forget);
  });
}
