// Whether what several clients have seen of a key can have happened in one order, in which each call takes effect between its
// beginning and its end. No general search is needed: a key only ever goes from active to ended, so a few rules say it all.
//
// L1  what is asked for after the first answered end of a key is not accepted
// L2  what was answered between the answer to its creation and the beginning of its first end is accepted
// L3  once anybody was told that it has ended, nobody who asks later is accepted (where every answer is the object's own)
// L4  of several rotations of one key one succeeds
// L5  what the key is in the end comes of an order of its changes

/** One call of one client, on the monotonic clock of the machine (ms). */
export interface Call {
  /** The secret, by a name: a rotation makes another one of the same key. */
  key: string;
  what: 'create' | 'verify' | 'revoke' | 'rotate' | 'patch';
  sent: number;
  answered: number;
  /**
   * `accepted` and `ended` are answers to a verification, `done` and `refused` those to a change. `unknown`: an error, or no
   * answer; it may have happened.
   */
  outcome: 'accepted' | 'ended' | 'done' | 'refused' | 'unknown';
  /** Who it was, and where: for whoever reads a finding. */
  by?: string;
  /** What a patch sets; members that it leaves out stay. */
  sets?: Values;
  /** Of a rotation whether the old secret goes on. */
  overlap?: boolean;
}

export type Values = { [field: string]: unknown };

export interface Rules {
  /** `leased`: isolates may answer by what they were promised until an end is answered, so L3 does not hold before that. */
  mode: 'strict' | 'leased';
  /** What keys were in the end, by name; of those that are left out nothing is known. */
  final?: Map<string, Values>;
}

export interface Finding {
  rule: 'L1' | 'L2' | 'L3' | 'L4' | 'L5';
  key: string;
  text: string;
}

/** Everything that cannot have happened. */
export function check(history: Call[], { mode, final = new Map() }: Rules): Finding[] {
  const byKey = new Map<string, Call[]>();
  for (const call of history) byKey.set(call.key, [...(byKey.get(call.key) ?? []), call]);
  return [...byKey].flatMap(([key, calls]) => [...ends(key, calls, mode), ...rotations(key, calls), ...(final.has(key) ? patches(key, calls, final.get(key)!) : [])]);
}

/** What ends a secret: its revocation, and a rotation without an overlap. */
const isEnd = ({ what, overlap }: Call) => what === 'revoke' || (what === 'rotate' && !overlap);

function ends(key: string, calls: Call[], mode: Rules['mode']): Finding[] {
  const found: Finding[] = [];
  const verifications = calls.filter(({ what }) => what === 'verify');
  const changes = calls.filter(isEnd);
  const created = earliest(calls.filter(({ what, outcome }) => what === 'create' && outcome === 'done').map(({ answered }) => answered));
  const endSent = earliest(changes.filter(({ outcome }) => outcome !== 'refused').map(({ sent }) => sent));
  const endAnswered = earliest(changes.filter(({ outcome }) => outcome === 'done').map(({ answered }) => answered));
  const endSeen = earliest(verifications.filter(({ outcome }) => outcome === 'ended').map(({ answered }) => answered));
  for (const call of verifications) {
    const { sent, answered, outcome } = call;
    const tell = (rule: Finding['rule'], text: string) => found.push({ rule, key, text: `${text}${call.by ? `, ${call.by}` : ''}` });
    if (outcome === 'accepted' && sent > endAnswered) tell('L1', `accepted ${(sent - endAnswered).toFixed(1)} ms after its end was answered`);
    else if (outcome === 'accepted' && mode === 'strict' && sent > endSeen) tell('L3', `accepted ${(sent - endSeen).toFixed(1)} ms after somebody was told that it has ended`);
    if (outcome === 'ended' && sent > created && answered < endSent) tell('L2', endSent === Infinity ? 'refused, and nobody has ended it' : `refused ${(endSent - answered).toFixed(1)} ms before anybody has ended it`);
  }
  return found;
}

const earliest = (moments: number[]) => moments.reduce((first, moment) => Math.min(first, moment), Infinity);

function rotations(key: string, calls: Call[]): Finding[] {
  const all = calls.filter(({ what }) => what === 'rotate');
  const done = all.filter(({ outcome }) => outcome === 'done').length;
  if (done > 1) return [{ rule: 'L4', key, text: `${done} rotations have succeeded` }];
  // Somebody has to have succeeded, if nothing else stood in the way of all of them.
  const others = calls.some(({ what }) => what === 'revoke');
  if (all.length > 0 && !others && all.every(({ outcome }) => outcome === 'refused')) return [{ rule: 'L4', key, text: `all ${all.length} rotations were refused` }];
  return [];
}

/** More are not tried in all orders. */
const PATCHES_MAX = 6;

/** Tries all orders of its changes in which none comes before one that was answered before it was sent. */
function patches(key: string, calls: Call[], final: Values): Finding[] {
  const all = calls.filter(({ what, outcome }) => what === 'patch' && outcome !== 'refused');
  if (all.length > PATCHES_MAX) throw new Error(`${key} has ${all.length} patches`);
  const reached = (left: Call[], values: Values): boolean => {
    // What was not answered may not have happened, or not yet.
    if (left.every(({ outcome }) => outcome === 'unknown') && same(values, final)) return true;
    return left.some((next) => {
      const rest = left.filter((other) => other !== next);
      const first = !rest.some((other) => other.outcome === 'done' && other.answered < next.sent);
      return first && reached(rest, { ...values, ...next.sets });
    });
  };
  const untouched = Object.fromEntries(Object.entries(final).filter(([field]) => !all.some(({ sets }) => field in (sets ?? {}))));
  const initial = calls.find(({ what }) => what === 'create')?.sets ?? untouched;
  return reached(all, initial) ? [] : [{ rule: 'L5', key, text: `is ${JSON.stringify(final)} after ${all.map(({ sets }) => JSON.stringify(sets)).join(', ')}` }];
}

function same(one: Values, other: Values): boolean {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((field) => JSON.stringify(one[field]) === JSON.stringify(other[field]));
}
