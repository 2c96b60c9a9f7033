// Hono and Workers KV, as their documentation puts them together: the bearer middleware hashes the token and looks it up.
// Expiry and permission are checked; with LIMITER bound, one object for each key counts, exactly.
import { DurableObject } from 'cloudflare:workers';
import { Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';

const app = new Hono();

app.use('/v1/*', bearerAuth({
  verifyToken: async (token, c) => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
    const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const record = await c.env.KEYS.get(hash, 'json');
    if (!record || (record.expiresAt !== null && Date.now() >= record.expiresAt)) return false;
    c.set('key', record);
    return true;
  },
}));

app.get('/v1/whoami', async (c) => {
  const { key } = c.var;
  const permission = c.req.query('permission');
  if (permission && !key.permissions.includes(permission)) return c.json({ valid: false, code: 'INSUFFICIENT_PERMISSIONS' }, 403);
  if (!c.env.LIMITER) return c.json({ valid: true, code: 'VALID', ...key });
  const { allowed, remaining, resetMs } = await c.env.LIMITER.getByName(key.keyId).take(key.rateLimit.limit, key.rateLimit.windowMs);
  c.header('RateLimit', `"key";r=${remaining};t=${Math.ceil(resetMs / 1000)}`);
  if (!allowed) return c.json({ valid: false, code: 'RATE_LIMITED' }, 429);
  return c.json({ valid: true, code: 'VALID', ...key, remaining });
});

/** Puts a key there, as whoever issues them would. */
app.put('/keys/:hash', async (c) => {
  await c.env.KEYS.put(c.req.param('hash'), await c.req.text());
  return c.body(null, 204);
});

export default app;

/** Counts one key's requests in a window, in memory: the least that an exact limiter can do. */
export class Limiter extends DurableObject {
  #began = 0;
  #count = 0;

  take(limit, windowMs) {
    const now = Date.now();
    if (now - this.#began >= windowMs) [this.#began, this.#count] = [now, 0];
    const resetMs = this.#began + windowMs - now;
    if (this.#count >= limit) return { allowed: false, remaining: 0, resetMs };
    this.#count += 1;
    return { allowed: true, remaining: limit - this.#count, resetMs };
  }
}
