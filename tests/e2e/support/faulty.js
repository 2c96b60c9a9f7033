// The worker as it was built, in a world that fails on command: bindings and storage are wrapped, the wasm is the one that is
// shipped. `GET /__faults` tells what was seen, `PUT /__faults` sets the faults (all of them; `{}` is none),
// `POST /__faults/late` writes to KV what was given up. A restart begins with the variable FAULTS.
// What faults there are: `Faults` in faults.ts. No deployment has this.
import entry, * as all from './entry.js';
import { seed } from './faulty_faults.js';
import { faultyKv, freeze, landLate } from './faulty_kv.js';
import { faultyNamespace, faultyStorage } from './faulty_objects.js';

let faults;
const seen = { kv: {}, objects: {}, storage: {}, writes: [] };

/** As it was started with; objects may be here before any request. */
function armed(env) {
  if (faults === undefined) set(JSON.parse(env.FAULTS ?? '{}'));
}
function set(told) {
  faults = told;
  seed(told.seed ?? 1);
}
const counting = (where, name) => (what) => {
  const counts = (seen[where][name] ??= {});
  counts[what] = (counts[what] ?? 0) + 1;
};

function wrapped(env) {
  armed(env);
  const faulty = { ...env, KEYS: faultyKv(env.KEYS, () => faults.kv ?? {}, seen) };
  for (const name of ['SESSIONS', 'ORGANIZATIONS', 'ACCOUNTS', 'DIRECTORY']) {
    faulty[name] = faultyNamespace(env[name], () => faults.objects?.[name], counting('objects', name));
  }
  return faulty;
}

const hosted = (name) => class extends all[name] {
  constructor(state, env) {
    const around = wrapped(env);
    faultyStorage(state.storage, () => faults.storage?.[name], counting('storage', name));
    super(state, around);
  }
};
export const SessionObject = hosted('SessionObject');
export const OrganizationObject = hosted('OrganizationObject');
export const AccountObject = hosted('AccountObject');
export const DirectoryObject = hosted('DirectoryObject');

async function control(request, env) {
  armed(env);
  if (request.method === 'PUT') {
    const told = await request.json();
    await freeze(env.KEYS, told.kv?.frozen === true);
    set(told);
  }
  if (request.method === 'POST') return Response.json({ landed: await landLate(env.KEYS) });
  return Response.json({ faults, seen });
}

let outer;
export default {
  fetch(request, env, context) {
    if (request.url.includes('/__faults')) return control(request, env);
    outer ??= wrapped(env);
    return entry.fetch(request, outer, context);
  },
};
