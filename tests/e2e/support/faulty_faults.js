// When a fault happens. A fault is `{ share, times, matching, delayMs, hang, … }`: in that share of the cases (1), so many times
// (always), to what contains that text (to everything).

/** Drawn from a seed, so that a run can be repeated. */
let state = 1;
export const seed = (number) => (state = number >>> 0 || 1);
function random() {
  // xorshift32
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

/** @returns the fault if it happens to this one, once counted */
export function happens(fault, subject) {
  if (!fault || (fault.matching && !subject.includes(fault.matching))) return undefined;
  if (fault.share !== undefined && random() >= fault.share) return undefined;
  if (fault.times !== undefined && fault.times-- <= 0) return undefined;
  return fault;
}

/** Waits as long as the fault says; one that hangs never goes on. `delayMs` may be a range. */
export function pause(fault) {
  if (fault?.hang) return new Promise(() => {});
  if (!fault?.delayMs) return Promise.resolve();
  const [least, most] = [fault.delayMs].flat();
  const ms = most === undefined ? least : least + random() * (most - least);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
