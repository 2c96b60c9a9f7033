// `npm run --silent check-key`: which lines of the input are keys, as far as anybody can tell without asking: the form, and
// the checksum of CRC-32 that every key ends with. It needs no network and no secret, and prints no key.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The word, perhaps an environment, then 48 characters. */
const FORM = /^[a-z][a-z0-9]{0,15}_(?:(?:dev|staging|live)_)?[0-9A-Za-z]{48}$/;
const CHECKSUM = 6;

/** @param {string} text */
function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The last characters of a key, from those before them: CRC-32/ISO-HDLC in base62. @param {string} text */
export function checksum(text) {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < CHECKSUM; place++) {
    digits = DIGITS[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** What a text is. @param {string} text @returns {'a key' | 'no key: the checksum is wrong' | 'no key'} */
export function judge(text) {
  if (!FORM.test(text)) return 'no key';
  return checksum(text.slice(0, -CHECKSUM)) === text.slice(-CHECKSUM) ? 'a key' : 'no key: the checksum is wrong';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let number = 0;
  let found = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const verdict = judge(line.trim());
    found += verdict === 'a key' ? 1 : 0;
    console.log(`line ${++number}: ${verdict}`);
  }
  process.exitCode = found > 0 ? 0 : 1;
}
