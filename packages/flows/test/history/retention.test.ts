/** What is too old, or too much, is forgotten when the file is opened. */
import { statSync } from "node:fs";
import { expect, it } from "vitest";
import { HistorySink } from "../../src/history/history-sink.js";
import { HistoryReader } from "../../src/history/reader/history-reader.js";
import { Sqlite } from "../../src/history/sqlite.js";
import { prune, type Retention } from "../../src/history/writer/prune.js";
import { START, Scratch, flowRun, runId, state, taskRun, wholeRun } from "./scratch.js";

const DAY = 24 * 3_600_000;
const FOREVER: Retention = { maxAge: Infinity, maxRuns: Number.MAX_SAFE_INTEGER };
const ids = Array.from({ length: 6 }, (_, index) => runId(`a${index}`));

/** Six flow runs, one a day from START; `open` have not ended. */
async function sixDays(file: string, open: readonly number[] = []): Promise<void> {
  const sink = new HistorySink({ file });
  for (const [day, id] of ids.entries()) {
    const events = wholeRun(id, { time: START + day * DAY });
    sink.take(open.includes(day) ? events.slice(0, -1) : events);
  }
  await sink.close();
}

/** What is left after all slices, and how many there were. */
function pruned(file: string, retention: Retention, now: number): { readonly left: number[]; readonly slices: number } {
  const sqlite = Sqlite.forWriting(file);
  const slices = [...prune(sqlite, retention, now)].length;
  sqlite.close();
  using history = HistoryReader.open(file);
  const left = history.flowRuns().map((run) => ids.indexOf(run.id));
  return { left: left.reverse(), slices };
}

it("forgets by age", async () => {
  using scratch = new Scratch();
  await sixDays(scratch.file);
  expect(pruned(scratch.file, { ...FOREVER, maxAge: 3.5 * DAY }, START + 6 * DAY).left).toEqual([3, 4, 5]);
});

it("forgets by count", async () => {
  using scratch = new Scratch();
  await sixDays(scratch.file);
  expect(pruned(scratch.file, { ...FOREVER, maxRuns: 2 }, START).left).toEqual([4, 5]);
  expect(pruned(scratch.file, { ...FOREVER, maxRuns: 0 }, START).left).toEqual([]);
});

it("keeps what has not ended, unless its process has", async () => {
  using scratch = new Scratch();
  await sixDays(scratch.file, [1, 2]);
  expect(pruned(scratch.file, { ...FOREVER, maxRuns: 1 }, START).left).toEqual([1, 2, 5]);
  const sqlite = Sqlite.forWriting(scratch.file);
  sqlite.run("UPDATE processes SET born = 'long ago'");
  sqlite.close();
  expect(pruned(scratch.file, { ...FOREVER, maxRuns: 1 }, START).left).toEqual([5]);
});

it("leaves nothing of what it forgets, and gives the room back, in slices", async () => {
  using scratch = new Scratch();
  const sink = new HistorySink({ file: scratch.file });
  sink.take([flowRun(ids[0]!)]);
  for (let batch = 0; batch < 250; batch++) {
    const runs = Array.from({ length: 100 }, (_, index) => batch * 100 + index);
    sink.take(runs.flatMap((number) => [taskRun(ids[0]!, number, { name: `custom name ${number}` })]));
    await sink.flush();
  }
  sink.take([state(ids[0]!, -1, "Completed", 1), ...wholeRun(ids[1]!)]);
  await sink.close();
  const before = statSync(scratch.file).size;
  const { left, slices } = pruned(scratch.file, { ...FOREVER, maxRuns: 1 }, START);
  expect(left).toEqual([1]);
  expect(slices).toBeGreaterThan(3);
  expect(statSync(scratch.file).size).toBeLessThan(before / 4);
  const sqlite = Sqlite.forWriting(scratch.file);
  const runs = sqlite.all<{ run: number }>(
    "SELECT run FROM chunks UNION SELECT run FROM logs UNION SELECT run FROM artifacts",
  );
  expect(runs).toEqual([{ run: 2 }]);
  sqlite.close();
});

it("happens when a flow opens the file", async () => {
  using scratch = new Scratch();
  await sixDays(scratch.file);
  const sink = new HistorySink({ file: scratch.file, maxRuns: 3 });
  sink.take([flowRun(runId("b"))]);
  await sink.flush();
  using history = HistoryReader.open(scratch.file);
  await expect.poll(() => history.flowRuns().length).toBeLessThanOrEqual(4);
  await sink.close();
});
