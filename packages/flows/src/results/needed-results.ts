/** Results that open flow runs of this process may still ask for: a store that makes room leaves them alone. */

/** How many open flow runs need a result, by its key, or all results of a flow run, by its id. */
const needed = new Map<string, number>();

/** What one flow run needs, with its subflows. */
export class NeededResults {
  readonly #names = new Set<string>();

  /** @param name - a key in whatever store, or the id of a flow run */
  add(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    needed.set(name, (needed.get(name) ?? 0) + 1);
  }

  /** The run is over. */
  release(): void {
    for (const name of this.#names) {
      const count = needed.get(name)! - 1;
      if (count === 0) needed.delete(name);
      else needed.set(name, count);
    }
    this.#names.clear();
  }
}

export function isNeeded(name: string): boolean {
  return needed.has(name);
}
