// Chance that can be repeated: everything random of a proof comes from a seed, which is printed.

export interface Random {
  /** From 0 up to 1. */
  next: () => number;
  /** A whole number from `least` to `most`, both included. */
  between: (least: number, most: number) => number;
  /** One of them. */
  of: <T>(items: readonly T[]) => T;
  /** Whether something happens that does in this share of the cases. */
  chance: (share: number) => boolean;
}

/** The same seeds give the same stream; streams of different seeds have nothing to do with each other. */
export function random(...seeds: number[]): Random {
  let state = 0x9e3779b9;
  const mix = (word: number) => {
    let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  for (const seed of seeds) state = mix((state + Math.imul(seed + 1, 0x9e3779b9)) >>> 0);
  // Mulberry32.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return { next, between, of: (items) => items[between(0, items.length - 1)]!, chance: (share) => next() < share };
}

/** The seed of this run: the one that was asked for, or another each time. */
export function seedOf(variable: string): number {
  const given = process.env[variable];
  return given === undefined ? Date.now() % 1_000_000 : Number(given);
}
