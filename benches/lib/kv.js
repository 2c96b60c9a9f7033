// A KV namespace in memory: as cheap as one can be, the same for everybody who is measured, and at once consistent.
// What the runtime asks of a KV service is HTTP: the name of the entry is the path.
const entries = new Map();

export default {
  async fetch(request) {
    const name = new URL(request.url).pathname;
    switch (request.method) {
      case 'GET': {
        const value = entries.get(name);
        return value === undefined ? new Response(null, { status: 404 }) : new Response(value);
      }
      case 'PUT':
        entries.set(name, await request.arrayBuffer());
        return new Response(null);
      case 'DELETE':
        entries.delete(name);
        return new Response(null);
      default:
        return new Response(null, { status: 405 });
    }
  },
};
