import type { Batch } from "../batch-frame.js";
import type { Inbox } from "./inbox.js";
import { keepsResult } from "./result-writer.js";
import type { RetainedResults } from "./retained.js";

/** A row of a batch. */
export interface Row {
  readonly batch: Batch;
  readonly row: number;
}

/** The rows that are to begin, in order. */
export class RowQueue {
  readonly #inbox: Inbox;
  readonly #retained: RetainedResults<Row>;
  #arriving: Batch | undefined;
  #nextRow = 0;
  /** Rows that need not wait any longer, the next one last. */
  readonly #ready: Row[] = [];

  /** The row that {@link next} took. */
  batch: Batch | undefined;
  row = 0;

  constructor(inbox: Inbox, retained: RetainedResults<Row>) {
    this.#inbox = inbox;
    this.#retained = retained;
  }

  /** Takes the next row; false when there is none. */
  next(): boolean {
    const ready = this.#ready.pop();
    if (ready !== undefined) {
      this.batch = ready.batch;
      this.row = ready.row;
      return true;
    }
    while (this.#arriving === undefined || this.#nextRow === this.#arriving.rows) {
      this.#arriving = this.#inbox.nextBatch();
      this.#nextRow = 0;
      if (this.#arriving === undefined) return false;
      this.#announceResults(this.#arriving);
    }
    this.batch = this.#arriving;
    this.row = this.#nextRow++;
    return true;
  }

  /** Puts the row taken aside when an input of it is still to be made on this thread. */
  setAsideIfEarly(): boolean {
    const batch = this.batch!;
    const first = batch.firstDep(this.row);
    for (let dep = first; dep < first + batch.depCount(this.row); dep++) {
      const task = batch.depTask(dep);
      if (batch.depInput(dep) >= 0 || !this.#retained.isExpected(task)) continue;
      this.#retained.wait(task, { batch, row: this.row });
      return true;
    }
    return false;
  }

  /** These rows, which were set aside, come next. */
  resume(rows: readonly Row[]): void {
    for (let i = rows.length - 1; i >= 0; i--) this.#ready.push(rows[i]!);
  }

  /** Lets go of the row taken: an idle thread should keep no batch, and no shared memory of its inputs. */
  release(): void {
    this.batch = undefined;
  }

  clear(): void {
    this.#arriving = undefined;
    this.#ready.length = 0;
    this.release();
  }

  #announceResults(batch: Batch): void {
    for (let row = 0; row < batch.rows; row++) if (keepsResult(batch, row)) this.#retained.expect(batch.task(row));
  }
}
