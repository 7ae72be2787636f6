// The types that flow through `remote`: what a function takes and gives, with refs in the place of values.
import type { ActorRemoteOptions, MethodOptions, RemoteOptions } from './options.ts'
import type { ObjectRef } from './refs.ts'

/** A table holds functions and classes of every signature. */
type Anything = any

export type AnyFunction = (...args: Anything[]) => unknown
export type AnyClass = abstract new (...args: Anything[]) => object

/** Each argument may be a ref of its type: the task gets the value. */
export type RemoteArguments<P extends readonly unknown[]> = {
  [K in keyof P]: P[K] | ObjectRef<Awaited<P[K]>>
}

/** What a call returns: one ref, none, or one for each element of the result; any of these, where only its run tells. */
export type RemoteResult<R, N extends number> = number extends N
  ? ObjectRef<R> | RefsOf<R> | undefined
  : N extends 0
    ? undefined
    : N extends 1
      ? ObjectRef<R>
      : RefsOf<R>

type RefsOf<R> = R extends readonly [unknown, ...unknown[]]
  ? { -readonly [K in keyof R]: ObjectRef<R[K]> }
  : R extends readonly (infer E)[]
    ? ObjectRef<E>[]
    : ObjectRef<unknown>[]

/** Options that say how many refs a call returns: a literal, or a number that is not known yet. */
export type Returning<O, N extends number> = O & { readonly numReturns: N }

/** What `remote(fn)` makes. Calling it directly throws. */
export interface RemoteFunction<F extends AnyFunction, N extends number = 1> {
  remote(...args: RemoteArguments<Parameters<F>>): RemoteResult<Awaited<ReturnType<F>>, N>
  /** The same function with other options, which go over those that it has. */
  options<M extends number>(options: Returning<RemoteOptions, M>): RemoteFunction<F, M>
  options(options: RemoteOptions): RemoteFunction<F, N>
}

/** What `remote(Class)` makes. `new` and direct calls throw. */
export interface RemoteClass<C extends AnyClass> {
  /** Starts an actor. */
  remote(...args: RemoteArguments<ConstructorParameters<C>>): ActorHandle<InstanceType<C>>
  options(options: ActorRemoteOptions): RemoteClass<C>
}

export interface RemoteMethod<F extends AnyFunction, N extends number = 1> {
  remote(...args: RemoteArguments<Parameters<F>>): RemoteResult<Awaited<ReturnType<F>>, N>
  options<M extends number>(options: Returning<MethodOptions, M>): RemoteMethod<F, M>
  options(options: MethodOptions): RemoteMethod<F, N>
}

/** An actor, from anywhere: each method of the class has `.remote(...)`. */
export type ActorHandle<T = Anything> = {
  readonly [K in keyof T as T[K] extends AnyFunction ? K : never]: T[K] extends AnyFunction
    ? RemoteMethod<T[K]>
    : never
}

/** What refs stand for. */
export type Resolved<T> = T extends ObjectRef<infer V> ? V : T
