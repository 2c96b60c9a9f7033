// What a command is: help texts, completions and the reading of arguments all come from this.
import type { Latchkey } from '../client.ts';

/** The command cannot be understood: exit code 2. */
export class Misuse extends Error {}

/** What each exit code means; the help shows it. */
export const EXIT = { done: 0, failed: 1, misuse: 2, refused: 3, unavailable: 4 } as const;

export interface Option {
  /** What it takes; a switch without. */
  value?: string;
  help: string;
  choices?: readonly string[];
  /** May be given more than once. */
  many?: boolean;
}

export interface Given {
  client: () => Promise<Latchkey>;
  /** The arguments that are no options. */
  ids: string[];
  one: (name: string) => string | undefined;
  many: (name: string) => string[] | undefined;
  is: (name: string) => boolean;
  /** Whether the answer is wanted as JSON. */
  json: boolean;
  out: (text: string) => void;
  /** Beside the answer: for people. */
  note: (text: string) => void;
}

export interface Command {
  name: string;
  help: string;
  /** The arguments that are no options, as the help shows them: `ID`, or `[ID]`. */
  takes?: string;
  options?: Record<string, Option>;
  more?: string;
  run: (given: Given) => Promise<number | void>;
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90d`, `12h`, `30m`, `45s`: in seconds. */
export function seconds(text: string, option: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (!unit) throw new Misuse(`--${option} takes a time such as 45s, 30m, 12h or 90d`);
  return Number(amount) * UNITS[unit]!;
}

/** A moment: a date, or so long from now. */
export function time(text: string, option: string, ahead: 1 | -1): string {
  if (/^\d+[smhd]$/.test(text)) return new Date(Date.now() + ahead * seconds(text, option) * 1000).toISOString();
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new Misuse(`--${option} takes a date (2030-01-31, 2030-01-31T12:00:00Z) or a time from now (90d)`);
  return new Date(at).toISOString();
}

export function number(text: string, option: string): number {
  if (!/^\d{1,13}$/.test(text)) throw new Misuse(`--${option} takes a whole number`);
  return Number(text);
}
