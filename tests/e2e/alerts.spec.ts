// Alerts in the story of one key: used from two countries, many times more than usual, near its limit, revoked and still
// used. Each is told once, and a SIGKILL in the middle loses none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, ok, refused, sleep } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const { key: root } = await latchkey.createOrganization('Alerts');
const api = () => checked(latchkey.api(root));

/** Counts are written down within 10 s, and told a moment later; what goes on within another minute. */
const TOLD_WITHIN_MS = 45_000;

const found = async (subject: string): Promise<any[]> => (await ok(api().get(`/v1/alerts?subject=${subject}`))).data;

/** Waits for an open alert of a kind; there is never more than one. */
async function told(subject: string, kind: string): Promise<any> {
  const end = Date.now() + TOLD_WITHIN_MS;
  for (;;) {
    const alerts = (await found(subject)).filter((alert) => alert.kind === kind);
    assert.ok(alerts.length <= 1, JSON.stringify(alerts));
    if (alerts.length === 1) return alerts[0];
    assert.ok(Date.now() < end, `no ${kind}: ${JSON.stringify(await found(subject))}`);
    await sleep(500);
  }
}

/** Uses a key at the gate, from a country. */
async function use(key: string, country: string, times: number): Promise<void> {
  const client = latchkey.api(key);
  for (let done = 0; done < times; done += 20) {
    const batch = Array.from({ length: Math.min(20, times - done) });
    await Promise.all(batch.map(() => client.get('/v1/whoami', { headers: { 'cf-ipcountry': country } })));
  }
}

test('the story of a key: each alert is told once, also over a SIGKILL, and acknowledged once', { timeout: 180_000 }, async () => {
  const limits = [{ name: 'hour', limit: 200, windowMs: 3_600_000 }];
  const { id, key } = await ok(api().post('/v1/api_keys', { name: 'Storied', rateLimits: limits }), 201);
  await use(key, 'JP', 1);
  await sleep(1_000);
  assert.deepEqual(await found(id), [], 'where it is used first, it belongs');
  await use(key, 'DE', 1);
  const country = await told(id, 'new_country');
  assert.equal(country.facts.country, 'DE');
  assert.equal(country.sessionId, (await ok(api().get(`/v1/api_keys/${id}`))).sessionId);

  await use(key, 'JP', 120);
  // Everything that was counted is written down by now; whether anybody else has heard of it, nobody waits for.
  await sleep(10_500);
  await latchkey.restart();
  const spike = await told(id, 'traffic_spike');
  assert.ok(Number(spike.facts.requests) >= 100, JSON.stringify(spike));

  await use(key, 'JP', 60);
  const limit = await told(id, 'near_limit');
  assert.equal(limit.facts.limit, 'key.hour');

  await ok(api().delete(`/v1/api_keys/${id}`));
  await use(key, 'JP', 3);
  const revoked = await told(id, 'revoked_key_used');
  assert.equal(revoked.facts.reason, 'revoked');

  const kinds = (await found(id)).map(({ kind }) => kind).sort();
  assert.deepEqual(kinds, ['near_limit', 'new_country', 'revoked_key_used', 'traffic_spike']);
  const seen = await ok(api().post(`/v1/alerts/${revoked.id}/acknowledge`));
  assert.equal((await ok(api().post(`/v1/alerts/${revoked.id}/acknowledge`))).acknowledgedAt, seen.acknowledgedAt);
  const log = await ok(api().get('/v1/audit_log?action=alert.acknowledged'));
  assert.deepEqual(log.data.map(({ target }: any) => target), [revoked.id]);
});

test('rules: read, changed within their bounds, reset', async () => {
  const { data } = await ok(api().get('/v1/alert_rules'));
  const rule = data.find(({ kind }: any) => kind === 'rotation_due');
  assert.deepEqual(rule.environments, { production: 90, staging: null, development: 30, none: null });
  const changed = await ok(api().patch('/v1/alert_rules/near_limit', { threshold: 95, enabled: true }));
  assert.deepEqual([changed.threshold, changed.isDefault], [95, false]);
  assert.equal((await ok(api().delete('/v1/alert_rules/near_limit'))).threshold, 80);
  for (const body of [{}, { threshold: 0 }, { threshold: '80' }, { minimum: 5 }, { environments: { staging: 1 } }]) {
    await refused(api().patch('/v1/alert_rules/near_limit', body), 400, 'invalid_request');
  }
  await refused(api().patch('/v1/alert_rules/gremlins', { enabled: true }), 404, 'alert_rule_not_found');
  await refused(api().get(`/v1/alerts/alr_${'0'.repeat(22)}`), 404, 'alert_not_found');
});
