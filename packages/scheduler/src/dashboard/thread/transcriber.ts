import { RowFlag, RowState } from "@heddle/protocol/dashboard";
import { OTHER } from "../../core/record/memory.js";
import {
  BATCH_STRIDE,
  Batch,
  NO_RUN,
  PER_RUN,
  PLAIN,
  RingControl,
  RunPart,
  RunRing,
} from "../../core/record/run-ring.js";
import type { RunRingMemory } from "../../core/record/run-ring.js";
import { TaskFacts, type TaskDirectoryMemory } from "../../core/record/task-directory.js";
import type { RowTable } from "./row-table.js";

/** A row's unit for decoding, microseconds. */
const COARSE = 64;
/** Of a run that made a result in its first attempt. */
const FIRST_RESULT = (RowState.memory << RunPart.state) | (1 << RunPart.attempt);

/** Makes rows of what the scheduler reports of runs. */
export class Transcriber {
  readonly #ring: RunRing;
  readonly #facts: TaskFacts;
  readonly #table: RowTable;
  /** Batches read; undefined before the first. */
  #batches: number | undefined;
  #hasRows = false;
  /** Number of the next row, by the scheduler's count: of those that are lost, too. */
  #row = 0;
  /** Number of the next row. */
  head = 0;
  /** Number of the oldest row that there ever was here. */
  first = 0;
  /** Runs that were written over before they were read. */
  lost = 0;

  constructor(runs: RunRingMemory, tasks: TaskDirectoryMemory, table: RowTable) {
    this.#ring = new RunRing(runs);
    this.#facts = new TaskFacts(tasks);
    this.#table = table;
  }

  /** Tasks with ids below this may have been described. */
  get nextTask(): number {
    return this.#facts.head;
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
    // What was gone before this thread came is not lost to it.
    const row = fields[Batch.row]!;
    if (!this.#hasRows) this.first = this.head = this.#row = row;
    this.lost += row - this.#row;
    this.#row = row;
    const head = this.head;
    this.#transcribe(fields);
    if (this.#hasRun(first)) {
      this.#hasRows = true;
      this.#row += this.head - head;
    } else {
      // The scheduler has come round meanwhile: how many are lost, the next batch says.
      this.head = head;
    }
  }

  #hasBatch(batch: number): boolean {
    const { control, batchCapacity } = this.#ring;
    return ((Atomics.load(control, RingControl.batches) - batch) | 0) <= batchCapacity;
  }

  #hasRun(run: number): boolean {
    const { control, capacity } = this.#ring;
    return ((Atomics.load(control, RingControl.runs) - (run | 0)) | 0) <= capacity;
  }

  /** One loop over columns that are looked up once: at a hundred thousand tasks a second, this is most of what the thread does. */
  #transcribe(fields: Float64Array): void {
    const ring = this.#ring;
    const { words, floats, ends, tasks, keyStarts, keyLengths, capacity } = this.#table;
    const mask = ring.capacity - 1;
    const hasParts = fields[Batch.hasParts] !== 0;
    const [thread, waiting] = [fields[Batch.thread]!, fields[Batch.waited]!];
    const [fetching, decoding] = [fields[Batch.fetched]!, fields[Batch.decoded]!];
    const [lane, clockOffset, now] = [fields[Batch.lane]!, fields[Batch.clockOffset]!, fields[Batch.now]!];
    const first = fields[Batch.first]!;
    const end = first + fields[Batch.runs]!;
    for (let run = first; run < end; run++) {
      const at = run & mask;
      const said = hasParts ? ring.parts[at]! : PLAIN;
      if (said === NO_RUN) continue;
      const seq = this.head++;
      const place = seq & (capacity - 1);
      const word = place << 3;
      const waited = waiting === PER_RUN ? ring.waited[at]! : waiting;
      const duration = ring.busy[at]! + waited;
      const decoded = Math.min(Math.round((decoding === PER_RUN ? ring.decoded[at]! : decoding) / COARSE), 0xffff);
      const { group, keyStart, keyLength } = this.#task(at, said);
      const parts = said === PLAIN ? FIRST_RESULT : said;
      const flags = decoded === 0xffff ? (RowFlag.saturated as number) : 0;
      words[word] = seq;
      words[word + 1] = Math.min(lane + (thread === PER_RUN ? ring.threads[at]! : thread), OTHER) | (group << 16);
      words[word + 3] = duration;
      words[word + 4] = fetching === PER_RUN ? ring.fetched[at]! : fetching;
      floats[word + 5] = ring.nbytes[at]!;
      words[word + 6] = decoded | (waited === 0 ? 0 : Math.round((waited / duration) * 0xffff) << 16);
      // The scheduler knows of no flow run: 0. State, attempt and flags lie as they do in parts.
      words[word + 7] = ((parts >>> RunPart.state) << 16) | (flags << 24);
      // Whatever clocks say, it has ended by now.
      ends[place] = Math.min(ring.startedAt[at]! - clockOffset + duration / 1000, now);
      tasks[place] = ring.tasks[at]!;
      keyStarts[place] = keyStart;
      keyLengths[place] = keyLength;
    }
  }

  #task(at: number, parts: number): Readonly<Pick<TaskFacts, "group" | "keyStart" | "keyLength">> {
    const ring = this.#ring;
    const facts = this.#facts;
    const isGone = parts === PLAIN && !facts.look(ring.tasks[at]!);
    if (parts === PLAIN && !isGone) return facts;
    facts.group = isGone ? OTHER : ring.groups[at]!;
    facts.keyStart = ring.keyStarts[at]!;
    facts.keyLength = isGone ? 0 : parts & 0xffff;
    return facts;
  }
}
