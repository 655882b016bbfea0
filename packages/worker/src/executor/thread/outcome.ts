/** What a task's function may return beside plain values. */

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

export type AnyGenerator = Generator<unknown> | AsyncGenerator<unknown>;

export function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== "object" || value === null) return false;
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return tag === "Generator" || tag === "AsyncGenerator";
}

/** What a generator yields, as an array; a promise of it when the generator is asynchronous. */
export function collected(generator: AnyGenerator): unknown[] | Promise<unknown[]> {
  return Symbol.asyncIterator in generator ? collectedAsync(generator) : [...generator];
}

/** The same, always later. */
export async function collectedLater(generator: AnyGenerator): Promise<unknown[]> {
  return collected(generator);
}

async function collectedAsync(generator: AsyncGenerator<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of generator) items.push(item);
  return items;
}
