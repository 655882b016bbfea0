import { FRAME_HEADER, IDLE, RUNNING_BYTES, RunningField } from "@heddle/protocol/dashboard";

export interface RunningTask {
  readonly group: number;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/** What executes now, lane by lane. */
export class RunningLanes {
  private readonly lanes = new Map<number, RunningTask>();

  /** Takes a `running` frame: lanes that it does not name are as before. */
  take(view: DataView): void {
    for (let at = FRAME_HEADER; at + RUNNING_BYTES <= view.byteLength; at += RUNNING_BYTES) {
      const lane = view.getUint16(at + RunningField.lane, true);
      const group = view.getUint16(at + RunningField.group, true);
      if (group === IDLE) this.lanes.delete(lane);
      else this.lanes.set(lane, { group, start: view.getFloat64(at + RunningField.start, true) });
    }
  }

  of(lane: number): RunningTask | undefined {
    return this.lanes.get(lane);
  }

  clear(): void {
    this.lanes.clear();
  }
}
