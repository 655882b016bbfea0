import { taskRuntime } from "./runtime.js";

/** A typed array's class. */
export interface TypedArrayClass<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer): A;
}

// A buffer belongs to this list as long as its memory may become a result as it is; see isSharedResult.
const MADE = Symbol.for("heddle.sharedArray.made");
const holder = globalThis as { [MADE]?: WeakSet<SharedArrayBuffer> };
const made = (holder[MADE] ??= new WeakSet());

/**
 * A zeroed typed array in shared memory. Returned from a task, it becomes the result as it is, where any other large array is
 * copied once. Do not write to it after the task has returned.
 *
 * @param length - elements
 * @throws RangeError when there is not that much memory.
 */
export function sharedArray<A>(type: TypedArrayClass<A>, length: number): A {
  const bytes = length * type.BYTES_PER_ELEMENT;
  const buffer = taskRuntime()?.allocateShared(bytes) ?? new SharedArrayBuffer(bytes);
  made.add(buffer);
  return new type(buffer);
}

/** Whether a buffer was made by {@link sharedArray} in this thread, and so need not be copied to be a result. */
export function isSharedResult(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return made.has(buffer as SharedArrayBuffer);
}
