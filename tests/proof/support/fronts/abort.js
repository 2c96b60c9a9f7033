// `POST /__abort?session=LOCATOR`: ends the object of a session as the platform does when it moves or updates it. What is
// under way in it fails, its memory is lost, and the next request starts it again on what it has stored.
import worker, * as all from './next.js';

export * from './next.js';

export class SessionObject extends all.SessionObject {
  constructor(state, env) {
    super(state, env);
    this.ended = (reason) => state.abort(reason);
  }

  fetch(request) {
    if (request.url.endsWith('/__abort')) this.ended('ended by a test');
    return super.fetch(request);
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== '/__abort') return worker.fetch(request, env, context);
    const object = env.SESSIONS.getByName(searchParams.get('session'));
    await object.fetch('https://object/__abort').catch(() => {});
    return new Response(null, { status: 204 });
  },
};
