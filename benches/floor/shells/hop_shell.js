// A hop that shells make at both ends: JavaScript asks and answers, Rust is called synchronously for what is said.
import { DurableObject } from 'cloudflare:workers';
import Worker from './index.js';

const { constant } = Worker.prototype;

export class HopObject extends DurableObject {
  async fetch(request) {
    await request.text();
    return new Response(constant());
  }
}

export default {
  async fetch(request, env) {
    const answer = await env.HOPS.getByName('one').fetch('https://object/', { method: 'POST', body: constant() });
    return new Response(await answer.text());
  },
};
