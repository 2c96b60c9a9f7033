// worker-build's own entry, with the handler that asks an object.
import Worker from './index.js';

const { hop } = Worker.prototype;
Worker.prototype.fetch = function (request) {
  return hop(request, this.env);
};

export { HopObject } from './index.js';
export default Worker;
