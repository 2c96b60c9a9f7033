// A closed loop of keep-alive connections on raw sockets. Node's own HTTP client would cost more processor time than
// the service under test, on the same two cores.
import { connect } from 'node:net';

/**
 * @typedef {object} Shot  one request, and what its answer must look like
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 * @property {number} status
 * @property {string} [contains]  without it a fast wrong answer would look like a good result
 */

/**
 * @typedef {object} Measured
 * @property {number} requests
 * @property {number} seconds
 * @property {number[]} latencies  milliseconds, ascending
 */

/**
 * Fires the shot over `connections` sockets until `seconds` have passed.
 * @param {URL} origin @param {Shot} shot @param {{ connections: number, seconds: number }} load
 * @returns {Promise<Measured>}
 */
export async function fire(origin, shot, { connections, seconds }) {
  const request = encode(origin, shot);
  /** @type {number[]} */
  const latencies = [];
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(Array.from({ length: connections }, () => loop(origin, shot, request, until, latencies)));
  return { requests: latencies.length, seconds: (performance.now() - started) / 1000, latencies: latencies.sort((a, b) => a - b) };
}

/** @param {URL} origin @param {Shot} shot */
function encode(origin, { method, path, headers = {}, body }) {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${origin.host}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (body !== undefined) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** @param {URL} origin @param {Shot} shot @param {string} request @param {number} until @param {number[]} latencies */
function loop(origin, shot, request, until, latencies) {
  return new Promise((/** @type {(done: void) => void} */ resolve, reject) => {
    const socket = connect(Number(origin.port), origin.hostname);
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    let sent = 0;
    let received = '';
    const next = () => {
      if (performance.now() >= until) {
        socket.destroy();
        return resolve();
      }
      sent = performance.now();
      received = '';
      socket.write(request);
    };
    socket.on('connect', next);
    socket.on('error', reject);
    socket.on('data', (/** @type {string} */ chunk) => {
      received += chunk;
      if (!complete(received)) return;
      latencies.push(performance.now() - sent);
      if (!received.startsWith(`HTTP/1.1 ${shot.status} `) || (shot.contains && !received.includes(shot.contains))) {
        socket.destroy();
        return reject(new Error(`${shot.method} ${shot.path}: unexpected answer\n${received}`));
      }
      next();
    });
  });
}

/** Whether a whole response has arrived. @param {string} text */
function complete(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2));
  return length ? text.length >= end + 4 + Number(length[1]) : text.endsWith('0\r\n\r\n');
}

/** @param {number[]} ascending @param {number} share */
export function percentile(ascending, share) {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? NaN;
}
