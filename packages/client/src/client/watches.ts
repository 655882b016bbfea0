/** Who wants to hear that a task is settled: finished, erred, cancelled or lost. */
export interface Watch {
  settled(task: number): void;
}

/** Mostly one watch per task, so no list is made for it. */
export class Watches {
  readonly #watches = new Map<number, Watch | Watch[]>();

  add(task: number, watch: Watch): void {
    const known = this.#watches.get(task);
    if (known === undefined) this.#watches.set(task, watch);
    else if (Array.isArray(known)) known.push(watch);
    else this.#watches.set(task, [known, watch]);
  }

  remove(task: number, watch: Watch): void {
    const known = this.#watches.get(task);
    if (known === watch) this.#watches.delete(task);
    else if (Array.isArray(known)) {
      const index = known.indexOf(watch);
      if (index >= 0) known.splice(index, 1);
    }
  }

  /** Tells each watch once; it is gone afterwards. */
  notify(task: number): void {
    const known = this.#watches.get(task);
    if (known === undefined) return;
    this.#watches.delete(task);
    if (Array.isArray(known)) for (const watch of known) watch.settled(task);
    else known.settled(task);
  }

  /** What is watched now. */
  tasks(): number[] {
    return [...this.#watches.keys()];
  }
}
