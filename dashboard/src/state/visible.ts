// What can be seen: parts of a page that are near the window, and whether anybody looks at the page at all.
import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

type Told = (near: boolean) => void;
const observers = new Map<string, { observer: IntersectionObserver; told: WeakMap<Element, Told> }>();

/** Tells whether an element is within `margin` of the window, now and whenever that changes. One observer for each margin. */
export function watch(element: Element, told: Told, margin = '0px'): () => void {
  let shared = observers.get(margin);
  if (!shared) {
    const tellings = new WeakMap<Element, Told>();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) tellings.get(target)?.(isIntersecting);
    }, { rootMargin: `${margin} 0px` });
    shared = { observer, told: tellings };
    observers.set(margin, shared);
  }
  const { observer, told: tellings } = shared;
  tellings.set(element, told);
  observer.observe(element);
  return () => {
    tellings.delete(element);
    observer.unobserve(element);
  };
}

/** Whether an element is near the window. */
export function useNear(place: RefObject<Element | null>, margin = '0px', first = false): boolean {
  const [near, setNear] = useState(first);
  useEffect(() => (place.current ? watch(place.current, setNear, margin) : undefined), []);
  return near;
}

/** Does something every so many milliseconds while the page is looked at and `on`, and at once when it is looked at again. */
export function usePolling(act: () => void, ms: number, on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const beat = () => document.visibilityState === 'visible' && act();
    const timer = setInterval(beat, ms);
    document.addEventListener('visibilitychange', beat);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', beat);
    };
  }, [on, ms]);
}
