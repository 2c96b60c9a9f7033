// The floor: a constant answer from plain JavaScript.
export default {
  fetch() {
    return new Response('ok');
  },
};
