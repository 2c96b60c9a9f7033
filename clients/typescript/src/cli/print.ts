// Text for a terminal. What people have chosen, such as names, cannot steer it: control characters are shown as dots.
import type { ApiKey, Session } from '../types.ts';

/** Without control characters, and without those that turn the direction of writing. */
export function plain(value: unknown): string {
  return String(value ?? '').replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '·');
}

/** Columns as wide as what stands in them. */
export function table(head: string[], rows: unknown[][]): string {
  const cells = [head, ...rows.map((row) => row.map((cell) => plain(cell) || '-'))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
}

/** One fact a line. */
export function facts(pairs: [string, unknown][]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${plain(value) || '-'}`).join('\n');
}

export function keyFacts(key: ApiKey): string {
  const limits = key.rateLimits.map(({ name, limit, windowMs }) => `${name} ${limit}/${windowMs / 1000}s`).join(', ');
  return facts([
    ['id', key.id], ['name', key.name], ['status', key.status], ['key', `${key.start}…${key.last4}`],
    ['session', key.sessionId], ['environment', key.environment], ['permissions', key.permissions.join(' ')], ['external id', key.externalId],
    ['limits', limits], ['credits', key.credits?.remaining], ['networks', key.ipAllowList.join(' ')],
    ['created', key.createdAt], ['expires', key.expiresAt], ['last used', key.lastUsedAt], ['revoked', key.revokedAt], ['reason', key.revocationReason],
    ['replaces', key.rotatedFrom], ['replaced by', key.rotatedTo],
  ]);
}

export function keyTable(keys: ApiKey[]): string {
  return table(['ID', 'NAME', 'STATUS', 'KEY', 'LAST USED', 'EXPIRES'], keys.map((key) => [key.id, key.name, key.status, `${key.start}…${key.last4}`, key.lastUsedAt?.slice(0, 16), key.expiresAt?.slice(0, 16)]));
}

export function sessionFacts(session: Session): string {
  return facts([
    ['id', session.id], ['name', session.name], ['status', session.status], ['environment', session.environment], ['region', session.region],
    ['default', session.isDefault ? 'yes' : 'no'], ['consistency', session.consistency.mode], ['created', session.createdAt],
  ]);
}

export function sessionTable(sessions: Session[]): string {
  return table(['ID', 'NAME', 'STATUS', 'ENVIRONMENT', 'CREATED'], sessions.map((session) => [session.id, session.name, session.status, session.environment, session.createdAt.slice(0, 16)]));
}
