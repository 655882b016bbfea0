/** What something gave, and how long it took. */
export interface Timed<T> {
  readonly value: T;
  /** Milliseconds. */
  readonly took: number;
}

export async function timed<T>(work: () => T | Promise<T>): Promise<Timed<T>> {
  const start = performance.now();
  const value = await work();
  return { value, took: performance.now() - start };
}
