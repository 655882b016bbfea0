import { RowField } from "@heddle/protocol/dashboard";
import type { FlowRuns } from "./flow-runs.js";
import type { Groups } from "./groups.js";
import type { History } from "./history.js";
import type { Minimap } from "./minimap.js";
import type { RowReader } from "./reader.js";
import type { Running } from "./running.js";

/** All that looks at every row. */
export interface RowIntakeParts {
  readonly reader: RowReader;
  readonly flows: FlowRuns;
  readonly groups: Groups;
  readonly history: History;
  readonly minimap: Minimap;
  readonly running: Running;
}

/** Shows each row once to everybody who sums up over rows. */
export class RowIntake {
  readonly #parts: RowIntakeParts;
  /** Number of the next row to be taken in. */
  taken = 0;

  constructor(parts: RowIntakeParts) {
    this.#parts = parts;
  }

  /** Takes in what has come. @returns number of the first row that was not taken in before */
  take(): number {
    const { reader, flows, groups, history, minimap, running } = this.#parts;
    const { rows } = reader;
    reader.advance();
    // Rows that came faster than they could be read are counted by the scheduler, and nowhere else.
    const from = Math.max(this.taken, reader.oldest);
    const { head } = reader;
    const hasFlows = !flows.isEmpty;
    for (let seq = from; seq < head; seq++) {
      const place = reader.place(seq);
      if (hasFlows) this.#nameFlowRun(seq, place);
      groups.addRow(rows, seq, place);
      history.addRow(seq, place);
      minimap.addRow(place);
      running.ended(rows.shorts[place * 16 + RowField.lane / 2]!, rows.tasks[place]!, rows.ends[place]!);
    }
    this.taken = head;
    return from;
  }

  /** The scheduler knows nothing of flows: that field of a row is left to this thread. */
  #nameFlowRun(seq: number, place: number): void {
    const { reader, flows } = this.#parts;
    const key = reader.key(seq);
    const run = key === undefined ? undefined : flows.ofKey(key);
    if (run !== undefined) reader.rows.shorts[place * 16 + RowField.flowRun / 2] = run.index;
  }
}
