import { currentTask, FinalFailure, runControl } from "@heddle/worker/task";
import { describe, expect, it } from "vitest";
import { NewsGate } from "../src/server/news-gate.js";
import { Harness } from "./executor-harness.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("what libraries may do with a run", () => {
  it("publishes before the end of the run is known, whatever the size and however it ends", async () => {
    await using harness = await Harness.start();
    const chatty = (size: number, fails: boolean) => {
      const control = runControl()!;
      control.publish("run", new TextEncoder().encode("x".repeat(size)), false);
      control.publish("run", new TextEncoder().encode("last"), true);
      if (fails) throw new Error("no");
    };
    const [small] = harness.execute(0, [{ fn: chatty, args: [10, false] }]);
    await harness.outcome(small!);
    expect(harness.published.map(({ text }) => text)).toEqual(["x".repeat(10), "last"]);
    const [large] = harness.execute(0, [{ fn: chatty, args: [200_000, true] }]);
    await harness.outcome(large!);
    expect(harness.published.slice(2).map(({ text, mustArrive }) => [text.length, mustArrive])).toEqual([
      [200_000, false],
      [4, true],
    ]);
    // Each was there when the end of its run was told.
    expect(harness.published.map(({ outcomes }) => outcomes)).toEqual([0, 0, 1, 1]);
  });

  it("keeps what was published, however much follows before it is sent", async () => {
    await using harness = await Harness.start();
    const numbered = (count: number) => {
      for (let i = 0; i < count; i++) runControl()!.publish("run", Buffer.from(`${i}${" ".repeat(32_000)}`), false);
    };
    const [task] = harness.execute(0, [{ fn: numbered, args: [300] }]);
    await harness.outcome(task!);
    expect(harness.published.map(({ text }) => Number(text))).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it("refuses more events than fit", async () => {
    await using harness = await Harness.start();
    const run = await harness.run(() => {
      const control = runControl()!;
      control.publish("run", new Uint8Array(control.maxEvents + 1), false);
    });
    expect(run.error).toMatchObject({ name: "RangeError" });
  });

  it("gets what a run prints, synchronous or not, and nobody else's output", async () => {
    await using harness = await Harness.start();
    const listening = async () => {
      const lines: string[] = [];
      runControl()!.listen((stream, text) => lines.push(`${stream} ${text}`));
      console.log("one");
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.error("two");
      return lines;
    };
    const [heard, plain] = harness.execute(0, [{ fn: listening }, { fn: () => console.log("plain") }]);
    expect((await harness.outcome(heard!)).value).toEqual(["stdout one\n", "stderr two\n"]);
    await harness.outcome(plain!);
    expect(harness.printed(heard!)).toBe("");
    expect(harness.printed(plain!)).toBe("plain\n");
  });

  it("limits an attempt from when it says so, and ends code that does not stop", async () => {
    await using harness = await Harness.start();
    const late = async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      runControl()!.limitTime(50);
      for (;;);
    };
    const [task] = harness.execute(0, [{ fn: late, options: { timeout: 100_000 } }]);
    const { failure, error } = await harness.outcome(task!);
    expect(failure).toMatchObject({ kind: "timeout", data: { timeout: 50 } });
    expect(error).toMatchObject({ name: "TaskTimeoutError" });
    expect((await harness.run(() => 1)).value).toBe(1);
  });

  it("tells the signal of the limit", async () => {
    await using harness = await Harness.start();
    const polite = async () => {
      runControl()!.limitTime(30);
      const { signal } = currentTask();
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    };
    const [task] = harness.execute(0, [{ fn: polite }]);
    expect((await harness.outcome(task!)).failure).toMatchObject({ kind: "timeout", data: { timeout: 30 } });
    expect(harness.replaced).toEqual([]);
  });

  it("fails for good with the cause", async () => {
    await using harness = await Harness.start();
    const { failure, error } = await harness.run(() => {
      throw new FinalFailure(new RangeError("enough"), { run: { crashed: true } });
    });
    expect(failure).toMatchObject({ kind: "error", isFinal: true, message: "RangeError: enough" });
    expect(failure!.data).toEqual({ run: { crashed: true } });
    expect(error).toMatchObject({ name: "RangeError", message: "enough" });
  });

  it("is undefined outside of tasks", () => {
    expect(runControl()).toBeUndefined();
  });
});

describe("long runs", () => {
  it("are told of while they last, once; short ones are not", async () => {
    await using harness = await Harness.start();
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const [short, long] = harness.execute(0, [{ fn: () => 1 }, { fn: wait, args: [600] }]);
    await harness.until(() => harness.begun.length > 0);
    expect(harness.outcomes.map(({ task }) => task)).toEqual([short]);
    await harness.outcome(long!);
    expect(harness.begun).toEqual([long]);
  });
});

describe("news", () => {
  it("is left out and counted where there is more than anybody can read, but for what must arrive", () => {
    const sent: { size: number; dropped?: number; mustArrive?: boolean }[] = [];
    const gate = new NewsGate(({ op: _, topic: __, events, ...rest }) => sent.push({ size: events.length, ...rest }));
    const megabyte = new Uint8Array(256 * 1024);
    for (let i = 0; i < 200; i++) gate.publish("run", megabyte, false);
    const arrived = sent.length;
    expect(arrived).toBeGreaterThanOrEqual(64);
    expect(arrived).toBeLessThan(200);
    gate.publish("run", bytes("end"), true);
    expect(sent.at(-1)).toEqual({ size: 3, dropped: 200 - arrived, mustArrive: true });
  });

  it("that was left out is told of on its own topic, at the latest when a task ends", () => {
    const sent: { topic: string; size: number; dropped?: number; mustArrive?: boolean }[] = [];
    const gate = new NewsGate(({ op: _, events, ...rest }) => sent.push({ size: events.length, ...rest }));
    gate.settle();
    expect(sent).toEqual([]);
    const tooLarge = new Uint8Array(2 ** 20);
    for (const topic of ["a", "b", "a"]) gate.publish(topic, tooLarge, true);
    gate.publish("b", bytes("next"), false);
    expect(sent).toEqual([{ topic: "b", size: 4, dropped: 1 }]);
    gate.settle();
    gate.settle();
    expect(sent.slice(1)).toEqual([{ topic: "a", size: 0, dropped: 2, mustArrive: true }]);
  });
});
