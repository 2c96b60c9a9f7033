// The package `latchkey`: a client of Latchkey with nothing below it but fetch, timers and WebCrypto.
export { createLatchkey, type IssueOptions, type Latchkey, type Options } from './client.ts';
export { LatchkeyError, type OwnCode, type Violation } from './errors.ts';
export type { Demand } from './leases.ts';
export type { components, operations, paths } from './openapi.gen.ts';
export type { Fetch } from './transport.ts';
export type { Answer, ApiKey, BodyOf, CallOptions, IssuedKey, Method, PathOf, QueryOf, RequestOptions, Schema, Session, Usage, Verification, VerificationCode } from './types.ts';
export type { Decided, Decision, Unverified, Verify, VerifyOptions } from './verify.ts';
