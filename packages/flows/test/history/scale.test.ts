/** One flow with very many task runs. */
import { statSync } from "node:fs";
import { expect, it } from "vitest";
import { HistorySink } from "../../src/history/history-sink.js";
import { HistoryReader } from "../../src/history/reader/history-reader.js";
import type { RunEvent } from "../../src/history/run-event.js";
import { Scratch, flowRun, log, runId, state, taskRun } from "./scratch.js";

const A = runId("aaaa");
const SIZE = 100_000;

/** Events of task runs as a flow makes them: created in one turn, running and done in later ones, mixed. */
function* turns(): Generator<RunEvent[]> {
  yield [flowRun(A), state(A, -1, "Running", 0)];
  for (let from = 0; from < SIZE; from += 1_000) {
    const numbers = Array.from({ length: 1_000 }, (_, index) => from + index);
    yield numbers.flatMap((number) => [
      taskRun(A, number, number % 10 === 9 ? { upstream: [number - 1, number - 2] } : {}),
      state(A, number, "Pending", number + 0.123),
    ]);
    yield numbers.map((number) => state(A, number, "Running", number + 1.456));
    yield numbers.map((number) =>
      number % 1_000 === 500
        ? state(A, number, "Failed", number + 2.789, { message: `no good ${number}` })
        : state(A, number, "Completed", number + 2.789),
    );
    yield numbers.filter((number) => number % 100 === 0).map((number) => log(A, number, "info", `line of ${number}`));
  }
  yield [state(A, -1, "Completed", SIZE)];
}

it("is kept in less than 60 bytes a task run, and read back as it was", async () => {
  using scratch = new Scratch();
  const sink = new HistorySink({ file: scratch.file });
  for (const events of turns()) {
    sink.take(events);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await sink.close();
  expect(statSync(scratch.file).size / SIZE).toBeLessThan(60);

  using history = HistoryReader.open(scratch.file);
  expect(history.flowRun(A)).toMatchObject({
    state: { type: "Completed" },
    taskRuns: { Completed: SIZE - SIZE / 1_000, Failed: SIZE / 1_000 },
  });
  let read = 0;
  for (let page = history.taskRuns(A); page.length > 0; page = history.taskRuns(A, { after: read - 1 }))
    for (const run of page) {
      const number = read++;
      expect(run.number).toBe(number);
      if (number % 997 !== 0) continue;
      expect(run).toMatchObject({ name: `say_hello-${number}`, attempts: 1 });
      expect(run.upstream).toEqual(number % 10 === 9 ? [number - 1, number - 2] : []);
      expect(run.ended! - run.started!).toBeCloseTo(1.333, 3);
    }
  expect(read).toBe(SIZE);
  const failed = history.taskRuns(A, { state: "Failed" });
  expect(failed).toHaveLength(SIZE / 1_000);
  expect(failed[7]).toMatchObject({ number: 7_500, state: { message: "no good 7500" } });
  expect(history.states(A, 77_777).map((each) => each.type)).toEqual(["Pending", "Running", "Completed"]);
  expect(history.logs(A, { limit: 5_000 }).lines).toHaveLength(SIZE / 100);
});
