import { expect, test } from "vitest";
import { STATE_STRIDE } from "../../src/core/record/memory.js";
import { State } from "../../src/core/task-state.js";
import { RowReader } from "../../src/dashboard/thread/reader.js";
import { TestScheduler, type TaskSpec } from "./harness.js";

/** A scheduler with one worker that runs all it is given, and what the dashboard's thread reads of it. */
class Recorded {
  readonly scheduler = new TestScheduler();
  readonly worker = this.scheduler.worker({ threads: 4 });
  readonly client = this.scheduler.client();
  readonly #reader = new RowReader(this.scheduler.record);
  readonly #groups = new Map<number, string>();

  run(specs: TaskSpec[]): void {
    this.client.submit(specs);
    while (this.worker.runs.size > 0) this.worker.finish([...this.worker.runs.keys()]);
  }

  /** "key group" of every row. */
  get rows(): string[] {
    const { recorder } = this.scheduler;
    for (const { id, name } of recorder.takeNews()?.groups ?? []) this.#groups.set(id, name);
    recorder.publish();
    const reader = this.#reader;
    reader.advance();
    return Array.from({ length: reader.head }, (_, seq) => {
      const group = reader.rows.shorts[reader.place(seq) * 16 + 3]!;
      return `${reader.key(seq)} ${this.#groups.get(group)}`;
    });
  }

  /** Tasks that there ever were of each group, by its index. */
  created(group: number): number {
    this.scheduler.core.count();
    const { counts } = this.scheduler.record;
    return counts.subarray(group * STATE_STRIDE, (group + 1) * STATE_STRIDE).reduce((sum, count) => sum + count, 0);
  }

  forgotten(group: number): number {
    this.scheduler.core.count();
    return this.scheduler.record.counts[group * STATE_STRIDE + State.forgotten]!;
  }
}

test("rows have the key and the group of their task, of one group or of several", () => {
  const recorded = new Recorded();
  recorded.run([{ key: "a" }, { key: "bb" }, { key: "ccc" }]);
  recorded.run([
    { key: "x", group: "p" },
    { key: "yy", group: "q" },
    { key: "zzz", group: "p" },
  ]);
  expect(recorded.rows.toSorted()).toEqual(["a g", "bb g", "ccc g", "x p", "yy q", "zzz p"]);
  expect([0, 1, 2].map((group) => recorded.created(group))).toEqual([3, 2, 1]);
});

test("a key that is there already, or stands twice among new ones, is one task in its first group", () => {
  const recorded = new Recorded();
  recorded.run([{ key: "old" }]);
  recorded.run([
    { key: "new", group: "p" },
    { key: "old", group: "q" },
    { key: "new", group: "q" },
    { key: "more", group: "q" },
  ]);
  expect(recorded.rows.toSorted()).toEqual(["more q", "new p", "old g"]);
  expect([0, 1, 2].map((group) => recorded.created(group))).toEqual([1, 1, 1]);
});

test("what is forgotten is still counted", () => {
  const recorded = new Recorded();
  recorded.run([{ key: "a" }, { key: "b" }]);
  recorded.client.unwant("a", "b");
  recorded.run([{ key: "c" }]);
  expect(recorded.forgotten(0)).toBe(2);
  expect(recorded.created(0)).toBe(3);
});
