/** Columns while they grow. */
import type { Column } from "@heddle/protocol";

/** 32-bit integers, one after the other. */
export class IntList {
  #values: Int32Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#values = new Int32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) this.#grow();
    this.#values[this.#length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  /** The values so far, of exactly their size; the list is empty afterwards. */
  take(): Int32Array {
    const values = this.#values.slice(0, this.#length);
    this.#length = 0;
    return values;
  }

  #grow(): void {
    const grown = new Int32Array(this.#values.length * 2);
    grown.set(this.#values);
    this.#values = grown;
  }
}

/** A column that is one number as long as every row has the same. */
export class ColumnBuilder {
  readonly #values = new IntList();
  #rows = 0;
  #same = 0;
  #varies = false;

  push(value: number): void {
    if (this.#varies) this.#values.push(value);
    else if (this.#rows === 0) this.#same = value;
    else if (value !== this.#same) this.#vary(value);
    this.#rows++;
  }

  truncate(rows: number): void {
    this.#rows = rows;
    if (rows === 0) this.#varies = false;
    this.#values.truncate(this.#varies ? rows : 0);
  }

  /** The column of the rows so far; it is empty afterwards. */
  take(): Column {
    const column = this.#varies ? this.#values.take() : this.#same;
    this.truncate(0);
    return column;
  }

  #vary(value: number): void {
    for (let row = 0; row < this.#rows; row++) this.#values.push(this.#same);
    this.#values.push(value);
    this.#varies = true;
  }
}

/** The distinct things rows refer to, numbered in the order they first appear. */
export class Table<Key, Value> {
  readonly #indices = new Map<Key, number>();
  #values: Value[] = [];
  /** Neighbours mostly have the same. */
  #lastKey: Key | undefined;
  #lastIndex = -1;

  index(key: Key, value: () => Value): number {
    if (key === this.#lastKey && this.#lastIndex >= 0) return this.#lastIndex;
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.#values.length;
      this.#indices.set(key, index);
      this.#values.push(value());
    }
    this.#lastKey = key;
    this.#lastIndex = index;
    return index;
  }

  take(): Value[] {
    const values = this.#values;
    this.#values = [];
    this.#indices.clear();
    this.#lastKey = undefined;
    this.#lastIndex = -1;
    return values;
  }
}
