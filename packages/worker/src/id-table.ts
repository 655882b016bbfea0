const PAGE_BITS = 8;
const PAGE = 1 << PAGE_BITS;

interface Page<T> {
  readonly entries: (T | undefined)[];
  count: number;
}

/**
 * Entries by task id, in pages.
 *
 * @remarks
 * Ids ascend, and a worker gets long stretches of them, so most look-ups hit the page of the last one. A single Map costs ten
 * times as much and stops the world when it grows.
 */
export class IdTable<T> implements Iterable<T> {
  readonly #pages = new Map<number, Page<T>>();
  #lastNumber = -1;
  #last: Page<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#page(id >> PAGE_BITS)?.entries[id & (PAGE - 1)];
  }

  set(id: number, entry: T): void {
    const number = id >> PAGE_BITS;
    let page = this.#page(number);
    if (page === undefined) {
      page = { entries: new Array<T | undefined>(PAGE).fill(undefined), count: 0 };
      this.#pages.set(number, page);
      this.#lastNumber = number;
      this.#last = page;
    }
    const slot = id & (PAGE - 1);
    if (page.entries[slot] === undefined) {
      page.count++;
      this.#size++;
    }
    page.entries[slot] = entry;
  }

  delete(id: number): void {
    const number = id >> PAGE_BITS;
    const page = this.#page(number);
    const slot = id & (PAGE - 1);
    if (page?.entries[slot] === undefined) return;
    page.entries[slot] = undefined;
    this.#size--;
    if (--page.count === 0) {
      this.#pages.delete(number);
      this.#lastNumber = -1;
      this.#last = undefined;
    }
  }

  clear(): void {
    this.#pages.clear();
    this.#lastNumber = -1;
    this.#last = undefined;
    this.#size = 0;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const page of this.#pages.values()) {
      for (const entry of page.entries) if (entry !== undefined) yield entry;
    }
  }

  #page(number: number): Page<T> | undefined {
    if (number !== this.#lastNumber) {
      const page = this.#pages.get(number);
      if (page === undefined) return undefined;
      this.#lastNumber = number;
      this.#last = page;
    }
    return this.#last;
  }
}
