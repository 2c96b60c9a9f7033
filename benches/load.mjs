// A closed loop of keep-alive connections on raw sockets. Node's own HTTP client would cost more processor time than
// the service under test, on the same two cores.
import { connect } from 'node:net';

/**
 * @typedef {object} Shot  one request, and what its answer must look like
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 * @property {() => { headers?: Record<string, string>, body?: string }} [vary]  what each request has of its own
 * @property {number | number[]} status
 * @property {string} [contains]  without it a fast wrong answer would look like a good result
 */

/**
 * @typedef {object} Measured
 * @property {number} requests
 * @property {number} seconds
 * @property {number[]} latencies  milliseconds, ascending
 * @property {Record<number, number>} answers  how many had which status
 */

/**
 * @typedef {object} Load
 * @property {number} connections
 * @property {number} seconds
 * @property {number} [pauseMs]  between a connection's requests, from one to the next at least
 * @property {number} [requests]  of all connections together; whichever comes first ends the run
 * @property {(answer: string) => void} [seen]  is given each answer, head and body
 */

/**
 * Fires the shots over `connections` sockets, one shot each in turn, until `seconds` have passed or all requests are sent.
 * @param {URL} origin @param {Shot | Shot[]} shots @param {Load} load
 * @returns {Promise<Measured>}
 */
export async function fire(origin, shots, { connections, seconds, pauseMs = 0, requests = Infinity, seen }) {
  const each = [shots].flat();
  /** @type {number[]} */
  const latencies = [];
  /** @type {Record<number, number>} */
  const answers = {};
  const started = performance.now();
  const until = started + seconds * 1000;
  let sent = 0;
  const more = () => performance.now() < until && sent++ < requests;
  const told = (/** @type {number} */ ms, /** @type {number} */ status, /** @type {string} */ answer) => {
    latencies.push(ms);
    answers[status] = (answers[status] ?? 0) + 1;
    seen?.(answer);
  };
  await Promise.all(Array.from({ length: connections }, (_, at) => loop(origin, /** @type {Shot} */ (each[at % each.length]), more, pauseMs, told)));
  return { requests: latencies.length, seconds: (performance.now() - started) / 1000, latencies: latencies.sort((a, b) => a - b), answers };
}

/** @param {URL} origin @param {Pick<Shot, 'method' | 'path' | 'headers' | 'body'>} shot */
function encode(origin, { method, path, headers = {}, body }) {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${origin.host}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (body !== undefined) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** @param {Shot} shot @returns {Shot} */
function varied(shot) {
  const { headers, body } = shot.vary?.() ?? {};
  return { ...shot, headers: { ...shot.headers, ...headers }, body: body ?? shot.body };
}

/**
 * One connection that stays open, for whoever decides from request to request what to send. The answer is not judged.
 * @param {URL} origin
 * @returns {Promise<{ ask: (shot: Pick<Shot, 'method' | 'path' | 'headers' | 'body'>) => Promise<{ ms: number, status: number, answer: string }>, close: () => void }>}
 */
export async function line(origin) {
  /** @type {((chunk: string) => void)} */
  let heard = () => {};
  /** @type {((error: Error) => void)} */
  let broken = () => {};
  const opened = async () => {
    const socket = connect(Number(origin.port), origin.hostname);
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (/** @type {string} */ chunk) => heard(chunk));
    socket.on('error', (error) => broken(error));
    socket.on('close', () => broken(new Error('the connection was closed')));
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      broken = reject;
    });
    return socket;
  };
  let socket = await opened();
  return {
    async ask(shot) {
      // A server may close what it has answered on, and what is written to it then would be waited for in vain.
      if (socket.destroyed || socket.readableEnded) {
        socket.removeAllListeners().on('error', () => {}).destroy();
        socket = await opened();
      }
      return new Promise((resolve, reject) => {
        const sent = performance.now();
        let answer = '';
        broken = reject;
        heard = (chunk) => {
          answer += chunk;
          if (complete(answer)) resolve({ ms: performance.now() - sent, status: Number(answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)), answer });
        };
        socket.write(encode(origin, shot));
      });
    },
    close: () => void socket.destroy(),
  };
}

/** @param {URL} origin @param {Shot} shot @param {() => boolean} more @param {number} pauseMs @param {(ms: number, status: number, answer: string) => void} told */
function loop(origin, shot, more, pauseMs, told) {
  const same = shot.vary ? null : encode(origin, shot);
  const expected = [shot.status].flat();
  return new Promise((/** @type {(done: void) => void} */ resolve, reject) => {
    const socket = connect(Number(origin.port), origin.hostname);
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    let sent = 0;
    let received = '';
    const next = () => {
      if (!more()) {
        socket.destroy();
        return resolve();
      }
      received = '';
      sent = performance.now();
      socket.write(same ?? encode(origin, varied(shot)));
    };
    socket.on('connect', next);
    socket.on('error', reject);
    socket.on('data', (/** @type {string} */ chunk) => {
      received += chunk;
      if (!complete(received)) return;
      const took = performance.now() - sent;
      const status = Number(received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
      told(took, status, received);
      if (!expected.includes(status) || (shot.contains && !received.includes(shot.contains))) {
        socket.destroy();
        return reject(new Error(`${shot.method} ${shot.path}: unexpected answer\n${received}`));
      }
      if (took < pauseMs) setTimeout(next, pauseMs - took);
      else next();
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
