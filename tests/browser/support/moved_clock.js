// The worker with a clock that a header moves, for the data of the pictures. What the platform does at a moment (alarms) it
// is told in its own time. No deployment has this.
import entry, * as all from './entry.js';

let ahead = 0;
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;

function told(storage) {
  const platform = Object.getPrototypeOf(storage);
  if (platform.told) return;
  platform.told = true;
  const { setAlarm } = platform;
  platform.setAlarm = function (at, ...more) {
    return setAlarm.call(this, Number(at) - ahead, ...more);
  };
}

const moved = (Base) => class extends Base {
  constructor(state, env) {
    told(state.storage);
    super(state, env);
  }
};
export const SessionObject = moved(all.SessionObject);
export const OrganizationObject = moved(all.OrganizationObject);
export const AccountObject = moved(all.AccountObject);
export const DirectoryObject = moved(all.DirectoryObject);

export default {
  fetch(request, env, context) {
    const offset = request.headers.get('x-demo-clock');
    if (offset !== null) ahead = Math.abs(Number(offset)) < 1000 ? 0 : Number(offset);
    return entry.fetch(request, env, context);
  },
};
