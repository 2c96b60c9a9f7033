// What is put where something else belongs.
import type { Random } from './maker.ts';

const VALUES = [
  'null', 'true', '0', '-0', '-1', '0.1', '1.0', '1e2', '1e400', '256', '2147483648', '4294967296', '9007199254740992', '9223372036854775808', '18446744073709551616', '""', '" "', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"\\u200b"', '"5"',
  '"\\r\\nX-Injected: 1"', '"<img src=x onerror=alert(1)>"', '"\' OR 1=1 --"', '"../../operator"', '[]', '{}', '[[]]', '[null]', '{"":null}', '{"__proto__":{"x":1}}', '[[[[[[[[[[]]]]]]]]]]',
];

const TEXTS = [
  '2030-01-01T00:00:00Z', '2030-02-30T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2030-01-01T00:00:00+24:00', '2030-01-01', 'tomorrow', '127.0.0.1', '0x7f.1', '::ffff:127.0.0.1', '0.0.0.0/0', '192.0.2.1/33', 'example.com',
  'xn--', 'a..b', '*.example.com', 'bücher.example', 'https://hooks.example.com/x', 'http://hooks.example.com', 'https://a@127.0.0.1', 'https://[::1]/', 'javascript:alert(1)', 'emails:send', '*', 'emails:*:x', 'Emails:Send', '\u0000', '\u202e', '\u200b', '\ufeff', '\u{10ffff}',
];

const LENGTHS = [1, 2, 31, 32, 33, 50, 51, 63, 64, 96, 97, 100, 101, 128, 253, 255, 256, 2_049];

/** A text that may be taken, or not. */
export function oddText(random: Random, bait: string): string {
  const kind = random.below(8);
  if (kind < 4) return random.pick(TEXTS);
  if (kind === 4) return bait;
  if (kind === 5) return '🔑'.repeat(random.pick(LENGTHS));
  return random.word(random.pick(LENGTHS));
}

/** JSON in place of another. */
export function oddValue(random: Random, bait: string): string {
  const kind = random.below(12);
  if (kind < 6) return random.pick(VALUES);
  if (kind === 6) return JSON.stringify([bait]);
  if (kind === 7) return JSON.stringify({ [bait]: bait });
  if (kind === 8) return `9${'0'.repeat(random.pick(LENGTHS))}`;
  if (kind === 9 && random.percent(20)) return random.pick([`[${'0,'.repeat(2_000)}0]`, '['.repeat(5_000) + ']'.repeat(5_000), JSON.stringify('x'.repeat(20_000))]);
  return JSON.stringify(oddText(random, bait));
}

/** What goes into a path or a query: percent-encoded, mostly. */
export function odd(random: Random, bait: string): string {
  const kind = random.below(8);
  if (kind < 5) return random.pick(['%00', '%0d%0aX-Injected:%201', '%2e%2e%2f', '..%2foperator', '%ff%fe', '%zz', '%', '%c3%28', '+', 'a+b', '%20', '', '0', '-1', 'null', '*', '%27%20OR%201=1', ';x=1', 'key_123', '9223372036854775808', '1e2', '%5B%5D=1']);
  if (kind === 5) return bait;
  if (kind === 6) return encodeURIComponent(oddText(random, bait));
  return 'x'.repeat(random.pick([64, 255, 256, 1_000, 2_100]));
}
