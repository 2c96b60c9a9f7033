// What all proofs have in common: a quick form, which is part of `npm test`, and a full one, which `npm run prove` runs.

/** Whether this is the full form. */
export const full = process.env.LATCHKEY_PROOF === 'full';

/**
 * Tells what was measured: a line of its own, which `npm run prove` gathers.
 * @param unit what the value counts: ms, s, requests, rounds …
 */
export function figure(name: string, value: number | string, unit = ''): void {
  console.log(`FIGURE ${JSON.stringify({ name, value, unit })}`);
}
