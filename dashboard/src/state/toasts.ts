// Short messages about what has just happened. They are read out by screen readers (ui/Toasts.tsx).
import { signal } from '@preact/signals';
import { Problem } from '../api/problem.ts';

export interface Toast {
  id: number;
  tone: 'good' | 'bad' | 'info';
  text: string;
  /** What to name when asking for help. */
  requestId?: string | null;
}

export const toasts = signal<Toast[]>([]);
let last = 0;

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function show(toast: Omit<Toast, 'id'>, ms: number): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { ...toast, id }];
  setTimeout(() => dismiss(id), ms);
}

/** Something worked. */
export const done = (text: string): void => show({ tone: 'good', text }, 5000);
export const say = (text: string): void => show({ tone: 'info', text }, 5000);
/** Something did not: stays longer, with the id of the request. */
export function failed(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  const { message, requestId } = Problem.from(error);
  show({ tone: 'bad', text: message, requestId }, 12_000);
}
