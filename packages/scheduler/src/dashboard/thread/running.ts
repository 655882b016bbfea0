import { FRAME_HEADER, FrameType, IDLE, RUNNING_BYTES, writeFrameHeader } from "@heddle/protocol/dashboard";
import type { RecordColumns } from "../../core/record/memory.js";

/** What executes at this moment, lane by lane. */
export class Running {
  readonly #columns: RecordColumns;
  /** Lanes in use. */
  lanes = 0;
  #groups = new Uint16Array(64).fill(IDLE);
  #tasks = new Int32Array(64);
  /** By lane, the last run that ended: its task, and when. */
  readonly #endedTasks: number[] = [];
  readonly #endedAt: number[] = [];

  constructor(columns: RecordColumns) {
    this.#columns = columns;
  }

  /** Lanes that changed since the last call; undefined when none did. @param head - number of the next row */
  takeChanges(head: number, now: number): Buffer | undefined {
    this.#grow();
    const { laneTasks } = this.#columns;
    const changed: number[] = [];
    for (let lane = 0; lane < this.lanes; lane++) {
      const group = this.#groupOn(lane);
      const task = group === IDLE ? 0 : laneTasks[lane]!;
      if (group === this.#groups[lane] && task === this.#tasks[lane]) continue;
      this.#groups[lane] = group;
      this.#tasks[lane] = task;
      changed.push(lane);
    }
    return changed.length === 0 ? undefined : this.#frame(changed, head, now);
  }

  /** All lanes as they were last told, idle ones too: whoever missed a change has some of them otherwise. */
  all(head: number, now: number): Buffer {
    this.#grow();
    return this.#frame(
      Array.from({ length: this.lanes }, (_, lane) => lane),
      head,
      now,
    );
  }

  /** A run has ended there. What executes is told less often, and may be of before. */
  ended(lane: number, task: number, at: number): void {
    this.#endedTasks[lane] = task;
    this.#endedAt[lane] = at;
  }

  #groupOn(lane: number): number {
    const { laneGroups, laneTasks, laneStarts } = this.#columns;
    const isOver = this.#endedTasks[lane] === laneTasks[lane] && this.#endedAt[lane]! >= laneStarts[lane]!;
    return isOver ? IDLE : laneGroups[lane]!;
  }

  #frame(lanes: readonly number[], head: number, now: number): Buffer {
    const { laneStarts } = this.#columns;
    const frame = Buffer.alloc(FRAME_HEADER + lanes.length * RUNNING_BYTES);
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    writeFrameHeader(view, { type: FrameType.running, flags: 0, seq: head >>> 0, base: now });
    lanes.forEach((lane, i) => {
      const at = FRAME_HEADER + i * RUNNING_BYTES;
      view.setUint16(at, lane, true);
      view.setUint16(at + 2, this.#groups[lane]!, true);
      view.setFloat64(at + 8, laneStarts[lane]!, true);
    });
    return frame;
  }

  #grow(): void {
    if (this.lanes <= this.#groups.length) return;
    const groups = new Uint16Array(this.lanes * 2).fill(IDLE);
    groups.set(this.#groups);
    const tasks = new Int32Array(this.lanes * 2);
    tasks.set(this.#tasks);
    this.#groups = groups;
    this.#tasks = tasks;
  }
}
