import { FRAME_HEADER, FrameType, ROW_BYTES, RowField, RowState, writeFrameHeader } from "@heddle/protocol/dashboard";

/** A finished run, as a test wants it. Times in milliseconds. */
export interface Run {
  readonly seq: number;
  readonly lane: number;
  readonly group: number;
  readonly start: number;
  readonly end: number;
  readonly transfer?: number;
  readonly deserialise?: number;
  readonly waited?: number;
  readonly nbytes?: number;
  readonly state?: number;
  readonly attempt?: number;
}

/** The `tasks` frame of rows that follow each other. */
export function tasksFrame(runs: readonly Run[], base = Math.floor(runs[0]?.start ?? 0)): ArrayBuffer {
  const buffer = new ArrayBuffer(FRAME_HEADER + runs.length * ROW_BYTES);
  const view = new DataView(buffer);
  writeFrameHeader(view, { type: FrameType.tasks, flags: 0, seq: runs[0]?.seq ?? 0, base });
  runs.forEach((run, index) => writeRow(view, FRAME_HEADER + index * ROW_BYTES, run, base));
  return buffer;
}

function writeRow(view: DataView, at: number, run: Run, base: number): void {
  view.setUint32(at + RowField.seq, run.seq, true);
  view.setUint16(at + RowField.lane, run.lane, true);
  view.setUint16(at + RowField.group, run.group, true);
  view.setInt32(at + RowField.end, Math.round((run.end - base) * 1000), true);
  view.setUint32(at + RowField.duration, Math.round((run.end - run.start) * 1000), true);
  view.setUint32(at + RowField.transfer, Math.round((run.transfer ?? 0) * 1000), true);
  view.setFloat32(at + RowField.nbytes, run.nbytes ?? 0, true);
  view.setUint16(at + RowField.deserialise, Math.round((run.deserialise ?? 0) / 0.064), true);
  view.setUint16(at + RowField.waited, Math.round((run.waited ?? 0) * 65_535), true);
  view.setUint16(at + RowField.flowRun, 0, true);
  view.setUint8(at + RowField.stateAttempt, (run.state ?? RowState.memory) | ((run.attempt ?? 1) << 4));
  view.setUint8(at + RowField.flags, 0);
}

export function jsonFrame(type: (typeof FrameType)[keyof typeof FrameType], body: unknown, seq = 0): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(body));
  const buffer = new ArrayBuffer(FRAME_HEADER + text.length);
  writeFrameHeader(new DataView(buffer), { type, flags: 0, seq, base: 0 });
  new Uint8Array(buffer).set(text, FRAME_HEADER);
  return buffer;
}

/** A sequence of numbers in [0, 1) that is the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
