// For Next.js. A route handler: `export const GET = withKey(latchkey, handler, { permissions: 'emails:read' })`, where
// `handler` gets the request, the decision, and the context with `params`. It runs only for requests with a good key.
// Not for pages: a page has no key. In `proxy.ts` use `withKey` of `latchkey/fetch` around `NextResponse.next()`.
export { withKey, type Decision, type GateOptions, type Guarded, type Needs } from './fetch.ts';
