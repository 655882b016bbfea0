import { describe, expect, it } from "vitest";
import { Harness } from "./executor-harness.js";

describe("a run that was taken back", () => {
  it("is not run in the place of one that was given after it", async () => {
    await using harness = await Harness.start();
    const block = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    const wrong = (): string => "wrong";
    const right = (): string => "right";
    harness.execute(0, [{ fn: block }]);
    const [taken, given] = [harness.batch([{ fn: wrong }]), harness.batch([{ fn: right }])];
    harness.pool.execute(0, taken);
    const answers: number[] = [];
    harness.pool.revoke(0, taken.tasks, taken.runs, (granted) => answers.push(...granted));
    harness.pool.execute(0, given);
    expect(answers).toEqual([1]);
    expect(await harness.outcome(given.tasks[0]!)).toMatchObject({ kind: "finished", value: "right" });
    expect(harness.outcomes.map(({ task }) => task)).not.toContain(taken.tasks[0]);
  });
});
