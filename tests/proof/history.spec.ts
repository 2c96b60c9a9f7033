// The checker of histories, on histories made by hand: what cannot have happened is found, by the rule that says so, and what can
// have happened is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, type Call, type Rules, type Values } from './support/history.ts';

type What = Call['what'];
const call = (what: What, sent: number, answered: number, outcome: Call['outcome'], more: Partial<Call> = {}): Call => ({ key: 'k', what, sent, answered, outcome, ...more });
const created = call('create', 0, 10, 'done');
const verified = (sent: number, answered: number, outcome: Call['outcome'] = 'accepted') => call('verify', sent, answered, outcome);
const rules = (history: Call[], given: Partial<Rules> = {}) => check(history, { mode: 'strict', ...given }).map(({ rule }) => rule);
const patched = (sent: number, answered: number, sets: Values, outcome: Call['outcome'] = 'done') => call('patch', sent, answered, outcome, { sets });
const final = (values: Values) => ({ final: new Map([['k', values]]) });

test('L1: accepted after the end was answered', () => {
  const revoked = call('revoke', 20, 30, 'done');
  assert.deepEqual(rules([created, revoked, verified(31, 40)]), ['L1']);
  assert.deepEqual(rules([created, revoked, verified(31, 40)], { mode: 'leased' }), ['L1']);
  assert.deepEqual(rules([created, revoked, verified(29, 40)]), [], 'it was asked for while the end was under way');
  assert.deepEqual(rules([created, call('revoke', 20, 30, 'unknown'), verified(31, 40)]), [], 'nobody was told that it has ended');
  assert.deepEqual(rules([created, call('revoke', 20, 60, 'done'), revoked, verified(31, 40)]), ['L1'], 'the first answer counts');
  assert.deepEqual(rules([created, call('rotate', 20, 30, 'done'), verified(31, 40)]), ['L1'], 'a rotation at once is an end');
  assert.deepEqual(rules([created, call('rotate', 20, 30, 'done', { overlap: true }), verified(31, 40)]), [], 'one with an overlap is none');
});

test('L2: refused before anybody has ended it', () => {
  const revoked = call('revoke', 50, 60, 'done');
  assert.deepEqual(rules([created, verified(12, 20, 'ended'), revoked]), ['L2']);
  assert.deepEqual(rules([created, verified(12, 20, 'ended')]), ['L2'], 'nobody ever has');
  assert.deepEqual(rules([created, verified(12, 51, 'ended'), revoked]), [], 'the end had begun');
  assert.deepEqual(rules([created, verified(12, 20, 'unknown'), revoked]), [], 'nobody knew');
  assert.deepEqual(rules([created, call('revoke', 11, 12, 'refused'), verified(13, 20, 'ended')]), ['L2'], 'a refused end is none');
  assert.deepEqual(rules([created, call('revoke', 11, 12, 'unknown'), verified(13, 20, 'ended')]), [], 'one that was not answered may be one');
});

test('L3: accepted after somebody was told that it has ended', () => {
  const revoking = call('revoke', 20, 100, 'done');
  assert.deepEqual(rules([created, revoking, verified(25, 30, 'ended'), verified(31, 35)]), ['L3']);
  assert.deepEqual(rules([created, revoking, verified(25, 30, 'ended'), verified(31, 35)], { mode: 'leased' }), [], 'a lease may stand until the end is answered');
  assert.deepEqual(rules([created, revoking, verified(25, 40, 'ended'), verified(31, 35)]), [], 'both were under way');
});

test('L4: two rotations succeed, or none though nothing stood in the way', () => {
  const rotated = (sent: number, outcome: Call['outcome']) => call('rotate', sent, sent + 10, outcome);
  assert.deepEqual(rules([created, rotated(20, 'done'), rotated(22, 'done')]), ['L4']);
  assert.deepEqual(rules([created, rotated(20, 'refused'), rotated(22, 'refused')]), ['L4']);
  assert.deepEqual(rules([created, rotated(20, 'done'), rotated(22, 'refused')]), []);
  assert.deepEqual(rules([created, rotated(20, 'unknown'), rotated(22, 'refused')]), []);
  assert.deepEqual(rules([created, call('revoke', 20, 25, 'done'), rotated(20, 'refused')]), [], 'it had ended');
});

test('L5: the end is that of no order of the changes', () => {
  const [one, other] = [patched(20, 30, { name: 'a' }), patched(22, 32, { name: 'b', metadata: 1 })];
  const begun = call('create', 0, 10, 'done', { sets: { name: 'new', metadata: 0 } });
  for (const [name, metadata] of [['a', 1], ['b', 1]]) assert.deepEqual(rules([begun, one, other], final({ name, metadata })), []);
  assert.deepEqual(rules([begun, one, other], final({ name: 'b', metadata: 0 })), ['L5'], 'half of a change');
  assert.deepEqual(rules([begun, one, other], final({ name: 'new', metadata: 1 })), ['L5'], 'a lost change');
  const later = patched(40, 50, { name: 'c' });
  assert.deepEqual(rules([begun, one, other, later], final({ name: 'c', metadata: 1 })), []);
  assert.deepEqual(rules([begun, one, other, later], final({ name: 'b', metadata: 1 })), ['L5'], 'what was answered before comes before');
  const lost = patched(60, 70, { name: 'd' }, 'unknown');
  for (const name of ['c', 'd']) assert.deepEqual(rules([begun, one, other, later, lost], final({ name, metadata: 1 })), [], 'it may have happened');
  assert.deepEqual(rules([begun, patched(11, 12, { name: 'x' }, 'refused')], final({ name: 'x', metadata: 0 })), ['L5'], 'what was refused has not');
  assert.throws(() => rules([begun, ...Array.from({ length: 7 }, () => one)], final({ name: 'a', metadata: 0 })));
});

test('keys have nothing to do with each other', () => {
  const others = [created, call('revoke', 20, 30, 'done'), { ...verified(40, 50), key: 'other' }];
  assert.deepEqual(rules(others), []);
});
