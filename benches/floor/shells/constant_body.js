// The floor for a request with a body: read, then a constant answer.
export default {
  async fetch(request) {
    await request.text();
    return new Response('ok');
  },
};
