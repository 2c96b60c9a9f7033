// A constant answer from Rust, called synchronously: the floor of the thin shell.
import Worker from './index.js';

const { constant } = Worker.prototype;

export default {
  fetch() {
    return new Response(constant());
  },
};
