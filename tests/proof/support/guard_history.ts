// Whether what stands between customers and handlers has kept its word: judged from everything that was asked and answered,
// from when keys were changed, and from what the handlers have seen.
//
// lost      a request has no answer
// status    an answer has a status that it must not have; any 5xx is one
// open      something was accepted that nobody has issued, or that lacks a permission
// late      a key was accepted that was ended: asked for after the answer to the change, and before the next change was begun
// back      a key was accepted after somebody had been told that it has ended (where every answer is the object's own)
// refused   a key was refused that was good all the while
// relied    a change was answered while somebody was still allowed to rely on the answer before it (`maxStalenessMs`)
// reached   a handler ran for a request that was refused or lost, ran twice for one, or ran for one that nobody has made
// missed    a request was accepted and no handler ran
// whose     a handler was told of another key than the one that was presented
// body      a body came out another one than it went in
// spent     more was let through than there were credits

/** A request, on the monotonic clock of the machine (ms). */
export interface Ask {
  guard: string;
  /** Its own: the handler is told it. Nothing where there is no way to. */
  id: string;
  /** What was presented, by its name. */
  key: string;
  sent: number;
  answered: number;
  /** 0 if there was no answer. */
  status: number;
  /** Why there was none, or what is wrong with it. */
  error?: string;
  /** Whose the handler was told that it is; null if nobody's. */
  whose?: string | null;
  /** Whether the handler's answer had the body of the request. */
  isWhole?: boolean;
  /** How long after it was asked for (ms) somebody may rely on the answer. */
  reliableMs?: number;
  /** Whether it was answered without asking the service. */
  isRepeated?: boolean;
}

/** A change of a key: whether it is good from then on. */
export interface Change {
  sent: number;
  answered: number;
  isGood: boolean;
}

/** What is presented. */
export interface Presented {
  /** The id of the key, where there is one. */
  keyId?: string;
  /** What the handler is to be told of whose it is. */
  whose?: string;
  /** `always`: the one status of every answer. `life`: good or ended, by its changes, one after the other. `credits`: so many. */
  is: { always: number } | { life: Change[]; mode: 'strict' | 'leased' } | { credits: number };
}

/** What handlers have seen. */
export interface Handled {
  /** How often a handler ran for a request, by its id. */
  byId: Map<string, number>;
  /** Of guards whose handlers tell only keys: how often they ran, by guard and key. */
  byKey?: Map<string, Map<string, number>>;
}

export type Rule = 'lost' | 'status' | 'open' | 'late' | 'back' | 'refused' | 'relied' | 'reached' | 'missed' | 'whose' | 'body' | 'spent';

export interface Finding {
  rule: Rule;
  guard: string;
  text: string;
}

/** Everything that must not have happened. `directly`: the guards that have no handler behind them. */
export function judge(asks: Ask[], presented: Map<string, Presented>, handled: Handled, directly: Set<string>): Finding[] {
  const byKey = grouped(asks, ({ key }) => key);
  return [...[...byKey].flatMap(([key, all]) => ofKey(all, presented.get(key)!)), ...ofHandlers(asks, presented, handled, directly)];
}

/** By something that they have. */
export function grouped<Item>(items: Item[], by: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group) group.push(item);
    else groups.set(by(item), [item]);
  }
  return groups;
}

const tell = (rule: Rule, { guard, id, key, status }: Ask, text = '') => ({ rule, guard, text: `${id}, ${key}, ${status} ${text}` });

function ofKey(asks: Ask[], { is, whose }: Presented): Finding[] {
  const found: Finding[] = [];
  for (const ask of asks) {
    if (ask.status === 0) found.push(tell('lost', ask, ask.error));
    if (ask.status !== 200) continue;
    if (whose !== undefined && ask.whose !== whose) found.push(tell('whose', ask, `was ${ask.whose}`));
    if (ask.isWhole === false) found.push(tell('body', ask, ask.error));
  }
  const answered = asks.filter(({ status }) => status !== 0);
  if ('always' in is) {
    const wrong = answered.filter(({ status }) => status !== is.always);
    return [...found, ...wrong.map((ask) => tell(ask.status === 200 ? 'open' : 'status', ask, `must be ${is.always}`))];
  }
  const refusal = 'credits' in is ? 429 : 401;
  found.push(...answered.filter(({ status }) => status !== 200 && status !== refusal).map((ask) => tell('status', ask)));
  const [accepted, refused] = [answered.filter(({ status }) => status === 200), answered.filter(({ status }) => status === refusal)];
  if ('credits' in is) return [...found, ...accepted.slice(is.credits).map((ask) => tell('spent', ask, `of ${is.credits}`))];
  return [...found, ...ofLife(accepted, refused, is.life, is.mode)];
}

function ofLife(accepted: Ask[], refused: Ask[], life: Change[], mode: 'strict' | 'leased'): Finding[] {
  const found: Finding[] = [];
  for (const [at, { sent, answered, isGood }] of life.entries()) {
    const next = life[at + 1]?.sent ?? Infinity;
    const within = (ask: Ask) => ask.sent > answered && ask.answered < next;
    if (isGood) {
      found.push(...refused.filter(within).map((ask) => tell('refused', ask, `${(ask.sent - answered).toFixed(1)} ms after it became good`)));
      continue;
    }
    found.push(...accepted.filter(within).map((ask) => tell('late', ask, `asked for ${(ask.sent - answered).toFixed(1)} ms after the answer to its end`)));
    const before = life[at - 1]?.answered ?? -Infinity;
    for (const ask of accepted) {
      const until = ask.sent + (ask.reliableMs ?? 0);
      if (ask.sent > before && ask.sent < answered && until > answered) found.push(tell('relied', ask, `for ${(until - answered).toFixed(1)} ms more`));
    }
    if (mode !== 'strict') continue;
    const seen = Math.min(...refused.filter((ask) => ask.sent > before && ask.answered < next).map((ask) => ask.answered));
    // What was begun after the answer is late already.
    const back = accepted.filter((ask) => ask.sent > seen && ask.sent <= answered && ask.answered < next);
    found.push(...back.map((ask) => tell('back', ask, `asked for ${(ask.sent - seen).toFixed(1)} ms after somebody was told of its end, by change ${at} at ${sent}`)));
  }
  return found;
}

function ofHandlers(asks: Ask[], presented: Map<string, Presented>, { byId, byKey = new Map() }: Handled, directly: Set<string>): Finding[] {
  const found: Finding[] = [];
  const known = new Set<string>();
  for (const ask of asks) {
    if (directly.has(ask.guard) || byKey.has(ask.guard)) continue;
    known.add(ask.id);
    const ran = byId.get(ask.id) ?? 0;
    if (ask.status === 200 && ran === 0) found.push(tell('missed', ask));
    if (ran > (ask.status === 200 ? 1 : 0)) found.push(tell('reached', ask, `ran ${ran} times`));
  }
  for (const id of byId.keys()) if (!known.has(id)) found.push({ rule: 'reached', guard: 'nobody', text: `${id} was never asked for` });
  for (const [guard, counts] of byKey) {
    const expected = new Map<string, number>();
    for (const ask of asks) {
      if (ask.guard !== guard || ask.status !== 200) continue;
      const id = presented.get(ask.key)?.keyId ?? ask.key;
      expected.set(id, (expected.get(id) ?? 0) + 1);
    }
    for (const id of new Set([...expected.keys(), ...counts.keys()])) {
      const [is, must] = [counts.get(id) ?? 0, expected.get(id) ?? 0];
      if (is !== must) found.push({ rule: is > must ? 'reached' : 'missed', guard, text: `${id} ran ${is} times, and was accepted ${must} times` });
    }
  }
  return found;
}
