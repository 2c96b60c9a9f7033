// Durable Objects whose calls fail as the platform's do, and whose storage is full. Around the real ones.
import { happens, pause } from './faulty_faults.js';

/** What the platform throws, by what has happened. */
const ERRORS = {
  overloaded: ['Durable Object is overloaded. Too many requests queued.', { overloaded: true, retryable: true }],
  reset: ['Durable Object reset because its code was updated.', { retryable: true, durableObjectReset: true }],
  lost: ['Network connection lost.', { retryable: true }],
  broken: ['internal error', {}],
};
const thrown = (kind) => {
  const [message, marks] = ERRORS[kind];
  return Object.assign(new Error(message), { remote: true, ...marks });
};

/**
 * @param {any} namespace
 * @param {() => any} fault  of this namespace as it is now: `{ error: 'overloaded' | 'reset' | 'lost' | 'broken', after, garbage, … }`.
 *   `after`: the call is carried out, and its answer is lost. `garbage`: what comes back is no answer of ours.
 * @param {(what: string) => void} count
 */
export function faultyNamespace(namespace, fault, count) {
  return {
    getByName(name, options) {
      const stub = namespace.getByName(name, options);
      return {
        async fetch(url, init) {
          count('calls');
          const happening = happens(fault(), typeof fault()?.matching === 'string' ? new TextDecoder().decode(init.body) : '');
          if (!happening) return stub.fetch(url, init);
          count('faults');
          await pause(happening);
          if (happening.garbage !== undefined) return new Response(happening.garbage);
          if (happening.error && !happening.after) throw thrown(happening.error);
          const answer = await stub.fetch(url, init);
          if (!happening.error) return answer;
          await answer.arrayBuffer();
          throw thrown(happening.error);
        },
      };
    },
  };
}

/** Statements that may make the database grow. Not so what deletes. */
const GROWS = /^\s*(insert|update|replace|create|alter)\b/i;

/**
 * The storage of one object, which grows no more from the moment on when `fault()` says so. What the platform says then, it
 * says of the statement; the object takes back its transaction. What was deleted makes room.
 */
export function faultyStorage(storage, fault, count) {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  let bound = { since: undefined, bytes: 0 };
  Object.defineProperty(sql, 'exec', {
    configurable: true,
    value(statement, ...bindings) {
      const since = fault();
      if (!since) return exec(statement, ...bindings);
      if (bound.since !== since) bound = { since, bytes: sql.databaseSize };
      const cursor = exec(statement, ...bindings);
      if (GROWS.test(statement) && sql.databaseSize > bound.bytes && happens(since, statement)) {
        count('full');
        throw new Error('database or disk is full: SQLITE_FULL');
      }
      return cursor;
    },
  });
}
