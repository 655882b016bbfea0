/** How the types of functions, arguments and results correspond. */
import type { TaskValue } from "@heddle/client";
import type { FailureAllowed, Quoted, Unmapped } from "./arguments/marks.js";
import type { TaskFuture } from "./future/task-future.js";
import type { State } from "./state/state.js";

/** Any function. `never` parameters accept every function type. */
export type AnyFunction = (...args: never[]) => unknown;

/**
 * A function of a user's, as `task` and `flow` take it. Not a function type: that would be the context of the function's parameters, and one
 * with a default (`(x: number, separator = "") => ...`) would take its type from there, and not from the default.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
export type Definable = Function;

/** What is inside these is not looked at for futures by the type checker. */
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

/** What may stand for a value of type T: the value, a TaskFuture of it, or plain data with those inside. */
export type RunArgument<T> =
  T | TaskFuture<T> | Quoted<T> | (Error extends T ? FailureAllowed<Exclude<T, Error>> : never) | Nested<T>;

type Nested<T> = T extends Opaque
  ? never
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, RunArgument<V>>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<RunArgument<V>>
      : T extends object
        ? { [K in keyof T]: RunArgument<T[K]> }
        : never;

/** What may stand for arguments of the types A. */
export type RunArguments<A extends readonly unknown[]> = { [I in keyof A]: RunArgument<A[I]> };

/** What `map` takes in place of an argument: one for each call, or the same for all. */
export type MapArgument<T> =
  | Iterable<RunArgument<T>>
  | Unmapped<RunArgument<T>>
  | Unmapped<T>
  | (T extends string ? T : T extends Iterable<unknown> ? never : RunArgument<T>);

export type MapArguments<A extends readonly unknown[]> = { [I in keyof A]: MapArgument<A[I]> };

/** The value of a flow whose function returns R: promises awaited, futures and states in it replaced by what they stand for. */
export type FlowValue<R> = Resolved<TaskValue<R>>;

type Resolved<T> =
  T extends TaskFuture<infer V>
    ? V
    : T extends State<infer V>
      ? V
      : T extends Opaque
        ? T
        : T extends ReadonlyMap<infer K, infer V>
          ? Map<Resolved<K>, Resolved<V>>
          : T extends ReadonlySet<infer V>
            ? Set<Resolved<V>>
            : T extends object
              ? { [K in keyof T]: Resolved<T[K]> }
              : T;
