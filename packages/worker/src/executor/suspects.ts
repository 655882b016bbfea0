/** More are not remembered. */
const MOST = 1_000;

/** Tasks that a thread had to do with when it failed: it need not be their doing, the first time. */
export class Suspects {
  readonly #tasks = new Set<number>();

  /** Notes that a thread failed over this task. @returns whether one had before */
  note(task: number): boolean {
    if (this.#tasks.has(task)) return true;
    if (this.#tasks.size >= MOST) this.#tasks.clear();
    this.#tasks.add(task);
    return false;
  }
}
