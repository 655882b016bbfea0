/** How single arguments ask to be treated in another way. */
import type { TaskFuture } from "../future/task-future.js";

/** Given to every call of a `map` as it is. Made by {@link unmapped}. */
export class Unmapped<T> {
  constructor(readonly value: T) {}
}

/** Not looked into for futures. Made by {@link quote}. */
export class Quoted<T> {
  constructor(readonly value: T) {}
}

/** A future whose failure is a value. Made by {@link allowFailure}. */
export class FailureAllowed<T> {
  constructor(readonly future: TaskFuture<T>) {}
}

/**
 * Gives a list, or anything, to every call of a `map` in place of one item each.
 *
 * @example
 * resize.map(images, unmapped([640, 480]));
 */
export function unmapped<T>(value: T): Unmapped<T> {
  return new Unmapped(value);
}

/**
 * Gives data to a task as it is, without looking for futures in it: for large nested data, where that takes time.
 *
 * @example
 * index.submit(quote(millionRecords));
 */
export function quote<T>(value: T): Quoted<T> {
  return new Quoted(value);
}

/**
 * The task runs even if the future's run does not complete; it is then given the error as the value.
 *
 * @example
 * report.submit(allowFailure(upload)); // report(result: Receipt | Error)
 */
export function allowFailure<T>(future: TaskFuture<T>): FailureAllowed<T> {
  return new FailureAllowed(future);
}
