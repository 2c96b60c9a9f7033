// Pictures of pages have few colours: with a palette of 256 of them a PNG has a third of the bytes, and looks the same.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;
/** Colours that differ by no more in any channel are taken for one, as long as there is room for those that differ more. */
const ALIKE = 5;

/** A PNG as Chromium writes it (8 bits, RGB or RGBA, not interlaced) with a palette instead; transparency is not kept. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, channels, data } = chunks(png);
  const pixels = unfiltered(inflateSync(data), width, height, channels);
  const counts = new Map<number, number>();
  for (let at = 0; at < pixels.length; at += channels) {
    const colour = (pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = chosen([...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour));
  const places = new Map<number, number>([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]));
  const rows = Buffer.alloc(height * (width + 1));
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at += channels) {
      rows[row * (width + 1) + 1 + column] = places.get((pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!)!;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('PLTE', table), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunks(png: Buffer) {
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const [depth, kind, , , interlaced] = png.subarray(24, 29);
  if (depth !== 8 || (kind !== 2 && kind !== 6) || interlaced !== 0) throw new Error('not a PNG as Chromium writes it');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), channels: kind === 6 ? 4 : 3, data: Buffer.concat(parts) };
}

/** The filters of PNG (RFC 2083, 6) taken off. */
function unfiltered(raw: Buffer, width: number, height: number, channels: number): Buffer {
  const stride = width * channels;
  const out = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const kind = raw[row * (stride + 1)]!;
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : out[row * stride + x - channels]!;
      const above = row === 0 ? 0 : out[(row - 1) * stride + x]!;
      const corner = row === 0 || x < channels ? 0 : out[(row - 1) * stride + x - channels]!;
      const guess = kind === 0 ? 0 : kind === 1 ? left : kind === 2 ? above : kind === 3 ? (left + above) >> 1 : paeth(left, above, corner);
      out[row * stride + x] = raw[row * (stride + 1) + 1 + x]! + guess;
    }
  }
  return out;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

const apart = (a: number, b: number): number => Math.max(Math.abs((a >> 16) - (b >> 16)), Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)), Math.abs((a & 255) - (b & 255)));

/** The most frequent ones, of those that are alike the first. */
function chosen(colours: readonly number[]): number[] {
  if (colours.length <= COLOURS) return [...colours];
  const palette: number[] = [];
  for (const colour of colours) {
    if (palette.length === COLOURS) break;
    if (palette.every((one) => apart(one, colour) > ALIKE)) palette.push(colour);
  }
  return palette;
}

function nearest(palette: readonly number[], colour: number): number {
  let best = 0;
  for (let at = 1; at < palette.length; at++) if (apart(palette[at]!, colour) < apart(palette[best]!, colour)) best = at;
  return best;
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
