// The places of a plan under a race: many creates at once, in a fresh session each time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inParallel, newOrganization, ok } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { setPlan } from './support/limits.ts';

/** How often. All 200, which take a minute or two: `LATCHKEY_QUOTA_RACES=200 npm run test:e2e -- quota`. */
const RACES = Number(process.env.LATCHKEY_QUOTA_RACES ?? 40);

test(`64 parallel creates on a plan of three keys, in ${RACES} sessions: exactly three, each time`, { timeout: 280_000 }, async () => {
  const latchkey = await startLatchkey();
  const tenant = await newOrganization(latchkey, 'Racing');
  await setPlan(latchkey, tenant, { name: 'enterprise', keysPerSession: 3 });
  for (let race = 0; race < RACES; race++) {
    const { id } = await ok(tenant.api.post('/v1/sessions', { name: `Race ${race}` }), 201);
    const path = `/v1/sessions/${id}/api_keys`;
    const replies = await inParallel(Array.from({ length: 64 }), 64, () => tenant.api.post(path, {}));
    const outcomes = replies.map(({ status, body }) => `${status} ${body.code ?? body.status}`).sort();
    assert.deepEqual(outcomes, [...Array(3).fill('201 active'), ...Array(61).fill('409 key_limit_reached')], `race ${race}`);
    const { limits } = await ok(tenant.api.get(`/v1/sessions/${id}`));
    assert.deepEqual(limits.keys, { limit: 3, used: 3 }, `race ${race}`);
  }
});
