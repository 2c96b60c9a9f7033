// worker-build's own entry, with the handler in `web_sys` types.
import Worker from './index.js';

const { web } = Worker.prototype;
Worker.prototype.fetch = function (request) {
  return web(request);
};

export default Worker;
