/** How the types of functions, arguments and results correspond. */
import type { Future } from "./client/future.js";
import type { Delayed } from "./delayed/delayed.js";

/** Any function. `never` parameters accept every function type. */
export type AnyFunction = (...args: never[]) => unknown;

/** Kept as they are: what is inside them is not looked at for futures by the type checker. */
type Opaque =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | AnyFunction;

/** What may stand for a value of type T: the value, a Future or Delayed of it, or plain data with those inside. */
export type Argument<T> = T | Future<T> | Delayed<T> | Nested<T>;

type Nested<T> = T extends Opaque
  ? never
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, Argument<V>>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<Argument<V>>
      : T extends object
        ? { [K in keyof T]: Argument<T[K]> }
        : never;

/** What may stand for arguments of the types A. */
export type Arguments<A extends readonly unknown[]> = { [I in keyof A]: Argument<A[I]> };

/** One list per parameter, for `map`. */
export type ArgumentLists<A extends readonly unknown[]> = { [I in keyof A]: Iterable<Argument<A[I]>> };

/** The value of a task whose function returns R: promises are awaited, generators are collected into an array. */
export type TaskValue<R> = Collected<Awaited<R>>;

type Collected<V> = V extends Generator<infer Y> | AsyncGenerator<infer Y> ? Y[] : V;

/** A value with the futures and Delayeds in it replaced by what they stand for. */
export type Unwrapped<T> =
  T extends Future<infer V>
    ? V
    : T extends Delayed<infer V>
      ? V
      : T extends Opaque
        ? T
        : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
          ? T
          : T extends object
            ? { [K in keyof T]: Unwrapped<T[K]> }
            : T;
