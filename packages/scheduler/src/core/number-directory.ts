import { NONE } from "./task-table.js";

const PAGE_BITS = 10;
const PAGE = 1 << PAGE_BITS;

/**
 * Maps numbers that are handed out in ascending order and never again (task ids, a client's task numbers) to slots. A page of
 * 1,024 goes when its last number goes, so a future held for a year costs 4 KiB, not the table.
 */
export class NumberDirectory {
  readonly #pages = new Map<number, Page>();
  #lastIndex = NONE;
  #last: Page | undefined;

  get(number: number): number {
    return this.#page(number >>> PAGE_BITS)?.slots[number & (PAGE - 1)] ?? NONE;
  }

  set(number: number, slot: number): void {
    const index = number >>> PAGE_BITS;
    let page = this.#page(index);
    if (page === undefined) {
      page = { slots: new Int32Array(PAGE).fill(NONE), live: 0 };
      this.#pages.set(index, page);
      this.#last = page;
      this.#lastIndex = index;
    }
    if (page.slots[number & (PAGE - 1)] === NONE) page.live++;
    page.slots[number & (PAGE - 1)] = slot;
  }

  delete(number: number): void {
    const index = number >>> PAGE_BITS;
    const page = this.#page(index);
    if (page === undefined || page.slots[number & (PAGE - 1)] === NONE) return;
    page.slots[number & (PAGE - 1)] = NONE;
    if (--page.live > 0) return;
    this.#pages.delete(index);
    this.#last = undefined;
    this.#lastIndex = NONE;
  }

  *entries(): Generator<[number: number, slot: number]> {
    for (const [index, page] of this.#pages) {
      for (let at = 0; at < PAGE; at++) if (page.slots[at] !== NONE) yield [index * PAGE + at, page.slots[at]!];
    }
  }

  /** Numbers come in runs: the last page serves nearly every look-up. */
  #page(index: number): Page | undefined {
    if (index === this.#lastIndex) return this.#last;
    const page = this.#pages.get(index);
    if (page !== undefined) {
      this.#last = page;
      this.#lastIndex = index;
    }
    return page;
  }
}

interface Page {
  readonly slots: Int32Array;
  live: number;
}
