// The types of the API by short names, and those of `request`, all out of its description.
import type { components, paths } from './openapi.gen.ts';

/** The shapes of the description by name: `Schema<'ApiKey'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

export type ApiKey = Schema<'ApiKey'>;
/** An API key with its plaintext in `key`: in this answer and never again. */
export type IssuedKey = Schema<'IssuedKey'>;
export type Session = Schema<'Session'>;
export type Usage = Schema<'Usage'>;
export type Verification = Schema<'Verification'>;
export type VerificationCode = Verification['code'];

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Operation<Path extends keyof paths, M extends Method> = NonNullable<paths[Path][Lowercase<M> & keyof paths[Path]]>;

/** The paths that have an operation of a method. */
export type PathOf<M extends Method> = {
  [Path in keyof paths]: paths[Path] extends { [Key in Lowercase<M>]: unknown } ? Path : never;
}[keyof paths];

type Parameters<O, Where extends string> = O extends { parameters: { [Key in Where]?: infer P } } ? NonNullable<P> : never;
type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
type Success<O> = O extends { responses: infer Responses } ? { [Status in keyof Responses]: Status extends 200 | 201 | 202 ? Json<Responses[Status]> : never }[keyof Responses] : never;

/** The body of a success; undefined where there is none. */
export type Answer<M extends Method, Path extends PathOf<M>> = [Success<Operation<Path, M>>] extends [never] ? undefined : Success<Operation<Path, M>>;
export type QueryOf<M extends Method, Path extends PathOf<M>> = Parameters<Operation<Path, M>, 'query'>;
export type BodyOf<M extends Method, Path extends PathOf<M>> = Operation<Path, M> extends { requestBody?: infer Body } ? Json<NonNullable<Body>> : never;

export interface CallOptions {
  /** For the whole call, repeats included. */
  timeoutMs?: number;
  /** Ends the call early; it then throws the reason of the signal. */
  signal?: AbortSignal;
}

export type RequestOptions<M extends Method, Path extends PathOf<M>> = CallOptions & {
  query?: QueryOf<M, Path>;
  /** Further headers, such as `Prefer: respond-async`. */
  headers?: Record<string, string>;
  /** So that what is issued is issued once, however often it is sent; only where docs/API.md says so. */
  idempotencyKey?: string;
} & ([Parameters<Operation<Path, M>, 'path'>] extends [never] ? { params?: undefined } : { params: Parameters<Operation<Path, M>, 'path'> }) &
  ([BodyOf<M, Path>] extends [never] ? { body?: undefined } : undefined extends Operation<Path, M>['requestBody' & keyof Operation<Path, M>] ? { body?: BodyOf<M, Path> } : { body: BodyOf<M, Path> });
