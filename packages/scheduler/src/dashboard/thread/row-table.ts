import { ROW_BYTES } from "@heddle/protocol/dashboard";

/** The last rows, each as frames carry it but for its `end`, and what is known of it beside. A ring. */
export class RowTable {
  readonly capacity: number;
  readonly bytes: Uint8Array;
  readonly shorts: Uint16Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  /** When each ended, milliseconds since the epoch by the scheduler's clock. */
  readonly ends: Float64Array;
  /** Id of each row's task. */
  readonly tasks: Int32Array;
  /** Where each row's key begins among all bytes of keys ever written, and its length; 0: not kept. */
  readonly keyStarts: Uint32Array;
  readonly keyLengths: Uint16Array;

  /** @param capacity - a power of two */
  constructor(capacity: number) {
    const rows = new ArrayBuffer(capacity * ROW_BYTES);
    this.capacity = capacity;
    this.bytes = new Uint8Array(rows);
    this.shorts = new Uint16Array(rows);
    this.words = new Uint32Array(rows);
    this.floats = new Float32Array(rows);
    this.ends = new Float64Array(capacity);
    this.tasks = new Int32Array(capacity);
    this.keyStarts = new Uint32Array(capacity);
    this.keyLengths = new Uint16Array(capacity);
  }
}
