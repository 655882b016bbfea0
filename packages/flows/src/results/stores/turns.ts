/**
 * Lets so many things happen at once; more wait, first come, first served. For what each of them holds while it happens, and of which a
 * process has only so much: open files, connections.
 */
export class Turns {
  #free: number;
  /** Those that came last, last; and those that came before them, last come first: a queue, neither end of which is ever moved. */
  #incoming: (() => void)[] = [];
  #outgoing: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** @param act - must not take a turn of the same kind in its turn: it could wait for itself */
  async take<T>(act: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#incoming.push(resolve));
    try {
      return await act();
    } finally {
      this.#passOn();
    }
  }

  #passOn(): void {
    if (this.#outgoing.length === 0) {
      this.#outgoing = this.#incoming.reverse();
      this.#incoming = [];
    }
    const next = this.#outgoing.pop();
    if (next === undefined) this.#free++;
    else next();
  }
}
