import { RowFlag } from "@heddle/protocol/dashboard";
import { OTHER } from "../../core/record/memory.js";
import { BATCH_STRIDE, Batch, PER_RUN, RingControl, RunPart, RunRing } from "../../core/record/run-ring.js";
import type { RunRingMemory } from "../../core/record/run-ring.js";
import type { RowTable } from "./row-table.js";

/** A row's unit for decoding, microseconds. */
const COARSE = 64;

/** Makes rows of what the scheduler reports of runs. */
export class Transcriber {
  readonly #ring: RunRing;
  readonly #table: RowTable;
  /** Batches read; undefined before the first. */
  #batches: number | undefined;
  #hasRows = false;
  /** Number of the next run, by the scheduler's count. */
  #run = 0;
  /** Number of the next row. */
  head = 0;
  /** Number of the oldest row that there ever was here. */
  first = 0;
  /** Runs that were written over before they were read. */
  lost = 0;

  constructor(memory: RunRingMemory, table: RowTable) {
    this.#ring = new RunRing(memory);
    this.#table = table;
  }

  /** Makes rows of all that has been published. */
  advance(): void {
    const { control, batchCapacity } = this.#ring;
    const published = Atomics.load(control, RingControl.published);
    if (this.#batches === undefined) {
      // Another thread may have read before this one: what is still there is read again.
      const known = Math.min(published >>> 0, batchCapacity >> 1);
      this.#batches = (published - known) | 0;
    }
    for (let left = (published - this.#batches) >>> 0; left > 0; left--) {
      this.#read(this.#batches);
      this.#batches = (this.#batches + 1) | 0;
    }
  }

  #read(batch: number): void {
    const { batches, batchCapacity } = this.#ring;
    const from = (batch & (batchCapacity - 1)) * BATCH_STRIDE;
    const fields = batches.slice(from, from + BATCH_STRIDE);
    // Read first, judged then.
    if (!this.#hasBatch(batch)) return;
    const first = fields[Batch.first]!;
    const runs = fields[Batch.runs]!;
    // What was gone before this thread came is not lost to it.
    if (!this.#hasRows) this.first = this.head = this.#run = first;
    this.lost += first - this.#run;
    this.#run = first + runs;
    const head = this.head;
    for (let n = first; n < first + runs; n++) this.#transcribe(n, fields);
    if (this.#hasRun(first)) {
      this.#hasRows = true;
      return;
    }
    // The scheduler has come round meanwhile.
    this.head = head;
    if (this.#hasRows) this.lost += runs;
  }

  #hasBatch(batch: number): boolean {
    const { control, batchCapacity } = this.#ring;
    return ((Atomics.load(control, RingControl.batches) - batch) | 0) <= batchCapacity;
  }

  #hasRun(run: number): boolean {
    const { control, capacity } = this.#ring;
    return ((Atomics.load(control, RingControl.runs) - (run | 0)) | 0) <= capacity;
  }

  #transcribe(run: number, fields: Float64Array): void {
    const ring = this.#ring;
    const table = this.#table;
    const { words } = table;
    const at = run & (ring.capacity - 1);
    const valueOf = (field: number, column: Int32Array): number =>
      fields[field] === PER_RUN ? column[at]! : fields[field]!;
    const seq = this.head++;
    const place = seq & (table.capacity - 1);
    const word = place << 3;
    const waited = valueOf(Batch.waited, ring.waited);
    const duration = ring.busy[at]! + waited;
    const decoded = Math.min(Math.round(valueOf(Batch.decoded, ring.decoded) / COARSE), 0xffff);
    const parts = ring.parts[at]!;
    const flags = decoded === 0xffff ? (RowFlag.saturated as number) : 0;
    const lane = Math.min(fields[Batch.lane]! + valueOf(Batch.thread, ring.threads), OTHER);
    words[word] = seq;
    words[word + 1] = lane | (ring.groups[at]! << 16);
    words[word + 3] = duration;
    words[word + 4] = valueOf(Batch.fetched, ring.fetched);
    table.floats[word + 5] = ring.nbytes[at]!;
    words[word + 6] = decoded | (waited === 0 ? 0 : Math.round((waited / duration) * 0xffff) << 16);
    // The scheduler knows of no flow run: 0. State, attempt and flags lie as they do in parts.
    words[word + 7] = ((parts >>> RunPart.state) << 16) | (flags << 24);
    // Whatever clocks say, it has ended by now.
    const end = ring.startedAt[at]! - fields[Batch.clockOffset]! + duration / 1000;
    table.ends[place] = Math.min(end, fields[Batch.now]!);
    table.tasks[place] = ring.tasks[at]!;
    table.keyStarts[place] = ring.keyStarts[at]!;
    table.keyLengths[place] = parts & 0xffff;
  }
}
