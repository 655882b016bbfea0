/** Writes down as Crashed what nobody goes on with, so that it stays so when its process id is used again. */
import { isFinal } from "../../state/state-type.js";
import { ChunkBuilder } from "../chunk.js";
import { writeStates } from "../chunk-text.js";
import { LOST_MESSAGE, lostProcesses } from "../lost-runs.js";
import { TaskRunTable } from "../reader/task-run-table.js";
import type { Sqlite } from "../sqlite.js";

interface LostRun {
  readonly run: number;
  readonly id: string;
  readonly last: number;
}

/** One flow run per step. */
export function* settleLost(sqlite: Sqlite, now: number): Generator<void, void, void> {
  const lost = sqlite.all<LostRun>(
    `SELECT r.run, r.id, max(r.state_time, p.beat) AS last FROM flow_runs r JOIN processes p ON p.process = r.process
     WHERE r.ended IS NULL AND r.process IN (SELECT value FROM json_each(?))`,
    JSON.stringify(lostProcesses(sqlite, now)),
  );
  for (const each of lost) {
    yield;
    sqlite.transaction(() => settle(sqlite, each));
  }
}

function settle(sqlite: Sqlite, { run, id, last }: LostRun): void {
  // Another process may have been first.
  const open = sqlite.first("SELECT run FROM flow_runs WHERE run = ? AND ended IS NULL", run);
  if (open === undefined) return;
  const table = new TaskRunTable(run);
  table.update(sqlite);
  const builder = new ChunkBuilder(id);
  const crash = (number: number): void =>
    builder.add({
      kind: "state",
      flowRun: id,
      number,
      type: "Crashed",
      name: "Crashed",
      time: last,
      message: LOST_MESSAGE,
    });
  const counts: Record<string, number> = {};
  for (let number = 0; number < table.size; number++) {
    if (!table.has(number)) continue;
    const final = isFinal(table.type(number));
    if (!final) crash(number);
    const type = final ? table.type(number) : "Crashed";
    counts[type] = (counts[type] ?? 0) + 1;
  }
  crash(-1);
  const text = writeStates(builder.chunk);
  const seq = sqlite.run("INSERT INTO chunks (run, data) VALUES (?, ?)", run, text).lastInsertRowid;
  sqlite.run(
    `UPDATE flow_runs SET state = 'Crashed', state_name = 'Crashed', state_time = ?, state_message = ?, ended = ?, counts = ?, changed = ?
     WHERE run = ?`,
    ...[last, LOST_MESSAGE, last, JSON.stringify(counts), seq, run],
  );
}
