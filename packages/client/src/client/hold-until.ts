/**
 * Keeps futures from being garbage collected until a promise about them settles. Without it, in `client.submit(fn).result()` nothing
 * refers to the future while the task runs: it would be collected, its task released, and the promise never settle.
 */
export function holdUntil<T>(settled: Promise<T>, futures: unknown): Promise<T> {
  // The closure is reachable from the promise, and the promise from whoever is going to settle it.
  return settled.finally(() => void futures);
}
