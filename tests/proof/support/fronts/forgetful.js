// A service that breaks its word: changes of keys are not announced to KV, because the entry of the outbox is left out.
import worker, * as all from './next.js';

export * from './next.js';
export default worker;

export class SessionObject extends all.SessionObject {
  constructor(state, env) {
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    Object.defineProperty(sql, 'exec', {
      configurable: true,
      value: (statement, ...bindings) => (/INSERT INTO outbox/.test(statement) && bindings[0] === 'kv' ? exec('SELECT 1 WHERE 0') : exec(statement, ...bindings)),
    });
    super(state, env);
  }
}
