// A service that breaks its word: it does not look at an Idempotency-Key.
import worker from './next.js';

export * from './next.js';

export default {
  fetch(request, env, context) {
    const headers = new Headers(request.headers);
    headers.delete('idempotency-key');
    return worker.fetch(new Request(request, { headers }), env, context);
  },
};
