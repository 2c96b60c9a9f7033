// Decisions that may be answered once more, for as long as the service has said that they stand.
//
// A verification that was `leased` says for how long its answer may be relied on (docs/API.md, "Freshness"), and a change
// of the key is answered only after that: so a key that was revoked through any client is refused by all of them. Kept is
// only what needs no counting; and never for longer than that, counted from the moment at which the question was sent.
import type { Moment } from './transport.ts';
import type { Verification } from './types.ts';

/** What a key has to be good for. */
export interface Demand {
  /** The key must have all of them. */
  permissions?: string | readonly string[];
  /** The domain it is to act for. */
  domain?: string;
  /** The session it must belong to. */
  sessionId?: string;
  /** The environment it must belong to; null for a session without one. */
  environment?: 'production' | 'staging' | 'development' | null;
  /** The address it was used from; a key with an `ipAllowList` is refused without it. */
  ip?: string;
  /** How much it spends of limits and credits, 1 if absent. */
  cost?: number;
  /** Who may decide this time. */
  consistency?: 'strict' | 'leased' | 'edge';
  /** Words of your own, kept with the verification for a while. */
  tags?: readonly string[];
}

/** Whether a question may be answered without asking at all: not if it has to leave a trace. */
export function mayBeKept(demand: Demand): boolean {
  return demand.consistency !== 'strict' && !demand.tags?.length && !((demand.cost ?? 0) > 0);
}

/**
 * For how long (ms) a decision may be used again, from the moment at which its question was sent; 0 for not at all. The
 * service says 0 for whatever has spent of something; what shows limits or credits is left alone here as well.
 */
export function lifetimeMs(demand: Demand, { valid, code, rateLimits, credits, freshness }: Verification): number {
  const spends = demand.cost !== 0 && (rateLimits.length > 0 || credits !== null);
  if (!mayBeKept(demand) || !valid || code !== 'VALID' || spends) return 0;
  const { maxStalenessMs } = freshness;
  // Clocks may drift by a thousandth.
  return Number.isFinite(maxStalenessMs) ? Math.max(0, Math.floor(maxStalenessMs * 0.999)) : 0;
}

interface Kept {
  /** The decision as it came: whoever gets it may change it. */
  text: string;
  sentAt: Moment;
  lifetimeMs: number;
}

/** At most so many decisions; the ones used longest ago go. */
export class Leases {
  private readonly kept = new Map<string, Kept>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** Whether nothing is kept at all. */
  get isOff(): boolean {
    return this.most === 0;
  }

  get size(): number {
    return this.kept.size;
  }

  /** A decision that still stands, and for how long (ms) from `now` on. */
  find(name: string, now: Moment): { text: string; restMs: number } | undefined {
    const found = this.kept.get(name);
    if (!found) return undefined;
    this.kept.delete(name);
    const restMs = rest(found, now);
    if (restMs <= 0) return undefined;
    this.kept.set(name, found);
    return { text: found.text, restMs };
  }

  keep(name: string, kept: Kept, now: Moment): void {
    if (this.isOff || rest(kept, now) <= 0) return;
    this.kept.delete(name);
    for (const [oldest] of this.kept) {
      if (this.kept.size < this.most) break;
      this.kept.delete(oldest);
    }
    this.kept.set(name, kept);
  }

  clear(): void {
    this.kept.clear();
  }
}

/** Whichever clock says that more time has passed is believed; one that ran backwards ends it. */
function rest({ sentAt, lifetimeMs: lasts }: Kept, now: Moment): number {
  const passed = [now.steadyMs - sentAt.steadyMs, now.wallMs - sentAt.wallMs];
  return passed.every((ms) => ms >= 0) ? lasts - Math.max(...passed) : 0;
}

/** What a decision is kept under: no key can be read out of it. */
export async function nameOf(key: string, { permissions, domain, sessionId, environment, ip, cost, consistency }: Demand): Promise<string> {
  const needed = typeof permissions === 'string' ? [permissions] : (permissions ?? []);
  // What is absent is not what is null: an environment of null asks for a session without one.
  const question = JSON.stringify([key, needed, domain ?? 0, sessionId ?? 0, environment === undefined ? 0 : environment, ip ?? 0, cost ?? 1, consistency ?? 0]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(question));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
