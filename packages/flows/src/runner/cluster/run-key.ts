/** How a task run is called at the scheduler: a readable name, and all that the worker has to know of the run beyond its definition. */

/** Hexadecimal digits that tell the runs of one started runner from those of every other. */
const TAG_DIGITS = 16;

/**
 * `<name of the run>-<tag>.<number>`, and `.<again>` when the run was submitted before.
 *
 * @param tag - of the started runner, of {@link TAG_DIGITS} digits
 */
export function runKey(name: string, tag: string, number: number, again: number): string {
  return again === 0 ? `${name}-${tag}.${number}` : `${name}-${tag}.${number}.${again}`;
}

export function drawTag(): string {
  return globalThis.crypto.randomUUID().replaceAll("-", "").slice(0, TAG_DIGITS);
}

/** What {@link runKey} was made of. */
export function readRunKey(key: string): { readonly name: string; readonly number: number } {
  const dash = key.lastIndexOf("-");
  return { name: key.slice(0, dash), number: Number.parseInt(key.slice(dash + TAG_DIGITS + 2), 10) };
}
