import { RunFlag, encodedBytes } from "@heddle/protocol";
import { sharedArray } from "@heddle/worker/task";
import { describe, expect, it } from "vitest";
import { ExecuteFlag } from "../src/executor/interface.js";
import { Harness, Input } from "./executor-harness.js";

const MiB = 2 ** 20;
const { retain, handOn } = ExecuteFlag;

describe("generators", () => {
  it("are collected into arrays", async () => {
    await using harness = await Harness.start();
    const counted = await harness.run(function* (n: number) {
      for (let i = 0; i < n; i++) yield i;
    }, 3);
    expect(counted.value).toEqual([0, 1, 2]);
  });

  it("so are asynchronous ones, and those a function returns or promises", async () => {
    await using harness = await Harness.start();
    const slowly = async function* (n: number) {
      for (let i = 0; i < n; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield i;
      }
    };
    expect((await harness.run(slowly, 3)).value).toEqual([0, 1, 2]);
    expect((await harness.run((n: number) => slowly(n), 2)).value).toEqual([0, 1]);
    expect((await harness.run(async (n: number) => Promise.resolve(slowly(n)), 1)).value).toEqual([0]);
  });

  it("fail with what they throw", async () => {
    await using harness = await Harness.start();
    const broken = await harness.run(function* () {
      yield 1;
      throw new Error("in the middle");
    });
    expect(broken.failure!.message).toBe("Error: in the middle");
  });
});

describe("asynchronous tasks", () => {
  it("share one thread while they wait", async () => {
    await using harness = await Harness.start();
    const specs = Array.from({ length: 100 }, () => ({ fn: () => new Promise(() => undefined) }));
    const tasks = harness.execute(0, specs);
    await harness.until(() => harness.parked.length === 100);
    expect(harness.parked.map(({ task }) => task).sort((a, b) => a - b)).toEqual(tasks);
    expect((await harness.run(() => "and room for more")).kind).toBe("finished");
  });

  it("that are over at once are not reported as waiting", async () => {
    await using harness = await Harness.start();
    const tasks = harness.execute(
      0,
      Array.from({ length: 50 }, (_, i) => ({ fn: async (x: number) => x + 1, args: [i] })),
    );
    await harness.until(() => harness.outcomes.length === tasks.length);
    expect(harness.outcomes.map(({ value }) => value)).toEqual(tasks.map((_, i) => i + 1));
    expect(harness.parked).toEqual([]);
  });

  it("tell time on the thread from time of waiting", async () => {
    await using harness = await Harness.start();
    const { busy, waited } = await harness.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const end = performance.now() + 200;
      while (performance.now() < end);
    });
    expect(busy!).toBeGreaterThan(100_000);
    expect(waited!).toBeGreaterThan(150_000);
  });
});

describe("results kept on the thread", () => {
  const inc = (x: number) => x + 1;

  it("feed a chain of runs sent together", async () => {
    await using harness = await Harness.start();
    const specs = Array.from({ length: 1000 }, (_, i) => ({
      fn: inc,
      task: 1000 + i,
      args: [i === 0 ? 0 : new Input(999 + i)],
      flags: retain | handOn,
    }));
    harness.execute(0, specs);
    expect((await harness.outcome(1999)).value).toBe(1000);
    expect(harness.outcomes.map(({ task }) => task)).toEqual(specs.map(({ task }) => task));
  });

  it("are decoded anew for each consumer, so that one cannot change another's input", async () => {
    await using harness = await Harness.start();
    const tasks = harness.execute(0, [
      { fn: () => ({ list: [1] }), task: 1, flags: retain },
      { fn: (o: { list: number[] }) => o.list.push(2), task: 2, args: [new Input(1)] },
      { fn: (o: { list: number[] }) => o.list, task: 3, args: [new Input(1)] },
    ]);
    await harness.outcome(tasks[2]!);
    expect(harness.outcomes.map(({ value }) => value)).toEqual([{ list: [1] }, 2, [1]]);
  });

  it("are handed on as they are to a single consumer", async () => {
    await using harness = await Harness.start();
    harness.execute(0, [
      { fn: () => ((globalThis as { made?: object }).made ??= { a: 1 }), task: 1, flags: retain | handOn },
      { fn: (o: object) => o === (globalThis as { made?: object }).made, task: 2, args: [new Input(1)] },
    ]);
    expect((await harness.outcome(2)).value).toBe(true);
  });

  it("make a run wait that came before its asynchronous input was there, while others go on", async () => {
    await using harness = await Harness.start();
    harness.execute(0, [
      { fn: () => new Promise((resolve) => setTimeout(resolve, 50, 20)), task: 1, flags: retain },
      { fn: inc, task: 2, args: [new Input(1)], flags: retain },
      { fn: inc, task: 3, args: [new Input(2)] },
      { fn: inc, task: 4, args: [0] },
    ]);
    expect((await harness.outcome(3)).value).toBe(22);
    expect(harness.outcomes.map(({ task }) => task)).toEqual([4, 1, 2, 3]);
  });

  it("that fail take those that waited for them out of the queue, as not begun", async () => {
    await using harness = await Harness.start();
    harness.execute(0, [
      { fn: () => Promise.reject(new Error("no")), task: 1, flags: retain },
      { fn: inc, task: 2, args: [new Input(1)] },
      { fn: inc, task: 3, args: [new Input(99)] },
    ]);
    expect((await harness.outcome(2)).failure).toMatchObject({ kind: "inputs", started: false });
    expect((await harness.outcome(3)).failure).toMatchObject({ kind: "inputs", started: false });
    expect((await harness.outcome(1)).failure).toMatchObject({ kind: "error" });
  });

  it("are gone when they are forgotten", async () => {
    await using harness = await Harness.start();
    harness.execute(0, [{ fn: inc, task: 1, args: [1], flags: retain }]);
    await harness.outcome(1);
    harness.pool.forget(0, Int32Array.of(1));
    harness.execute(0, [{ fn: inc, task: 2, args: [new Input(1)] }]);
    expect((await harness.outcome(2)).failure).toMatchObject({ kind: "inputs", started: false });
  });
});

describe("inputs", () => {
  it("stand for one object wherever they stand in the arguments", async () => {
    await using harness = await Harness.start();
    const { encoded } = await harness.run(() => ({ a: 1 }));
    const input = new Input(encoded!);
    const [task] = harness.execute(0, [
      { fn: (x: object, y: { deep: object[] }) => x === y.deep[0], args: [input, { deep: [input] }] },
    ]);
    expect((await harness.outcome(task!)).value).toBe(true);
  });

  it("that are large are shared memory between threads, not copies", async () => {
    await using harness = await Harness.start({ threads: 2 });
    const { encoded } = await harness.run(() => new Float64Array(MiB).fill(0.5));
    expect(encoded!.buffers).toHaveLength(1);
    expect(encoded!.buffers[0]!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(encoded!.buffers[0]!.buffer.byteLength).toBe(8 * MiB);
    const sum = (x: Float64Array) => [x.reduce((a, b) => a + b), x.buffer instanceof SharedArrayBuffer];
    const [task] = harness.execute(1, [{ fn: sum, args: [new Input(encoded!)] }]);
    expect((await harness.outcome(task!)).value).toEqual([MiB / 2, true]);
  });

  it("that are large and written to fail the task that did it", async () => {
    await using harness = await Harness.start();
    const { encoded } = await harness.run(() => new Float64Array(MiB));
    const [task] = harness.execute(0, [{ fn: (x: Float64Array) => x.fill(1).length, args: [new Input(encoded!)] }]);
    const { failure, error } = await harness.outcome(task!);
    expect(failure).toMatchObject({ kind: "inputs", started: true, data: { input: 1_000_000 } });
    expect(error).toMatchObject({ code: "HEDDLE_INPUT_MUTATED", input: 1_000_000 });
  });

  it("so is a task that does it after an await", async () => {
    await using harness = await Harness.start();
    const { encoded } = await harness.run(() => new Float64Array(MiB));
    const spoil = async (x: Float64Array) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      x.sort().fill(2);
    };
    const [task] = harness.execute(0, [{ fn: spoil, args: [new Input(encoded!)] }]);
    expect((await harness.outcome(task!)).failure).toMatchObject({ kind: "inputs", started: true });
  });

  it("are compared whole under validation: one element is enough", async () => {
    await using harness = await Harness.start({ validate: true });
    const { encoded } = await harness.run(() => new Float64Array(MiB));
    const spoil = (x: Float64Array) => void (x[12_345] = 1);
    const [task] = harness.execute(0, [{ fn: spoil, args: [new Input(encoded!)] }]);
    expect((await harness.outcome(task!)).failure).toMatchObject({ kind: "inputs" });
  });

  it("are private copies when asked for", async () => {
    await using harness = await Harness.start();
    const { encoded } = await harness.run(() => new Float64Array(MiB));
    const scale = (x: Float64Array) => x.fill(3)[0];
    const [task] = harness.execute(0, [{ fn: scale, args: [new Input(encoded!)], flags: RunFlag.copyInputs }]);
    expect((await harness.outcome(task!)).value).toBe(3);
    expect(new Float64Array(encoded!.buffers[0]!.buffer)[0]).toBe(0);
  });

  it("come through when the batch is longer than the ring", async () => {
    await using harness = await Harness.start();
    const text = "x".repeat(300_000);
    const tasks = harness.execute(0, [
      { fn: (s: string) => s.length, args: [text] },
      { fn: (s: string) => s.length, args: [text] },
    ]);
    await harness.outcome(tasks[1]!);
    expect(harness.outcomes.map(({ value }) => value)).toEqual([300_000, 300_000]);
  });

  it("come through when more is sent than the ring holds", async () => {
    await using harness = await Harness.start();
    const text = "x".repeat(100_000);
    const tasks = Array.from({ length: 40 }, () => harness.execute(0, [{ fn: (s: string) => s.length, args: [text] }]));
    await harness.outcome(tasks.at(-1)![0]!);
    expect(harness.outcomes).toHaveLength(40);
  });
});

describe("results", () => {
  it("that are large come in shared memory of exactly their size", async () => {
    await using harness = await Harness.start();
    const { encoded, value } = await harness.run(() => new Uint8Array(100_000).subarray(10, 90_010).fill(7));
    expect(encoded!.buffers[0]!.buffer.byteLength).toBe(90_000);
    expect((value as Uint8Array).every((byte) => byte === 7)).toBe(true);
  });

  it("of sharedArray are not copied", async () => {
    await using harness = await Harness.start();
    const keepsWriting = () => {
      const array = sharedArray(Int32Array, 100_000);
      array[0] = 1;
      setTimeout(() => (array[0] = 2), 1);
      return array;
    };
    const { encoded } = await harness.run(keepsWriting);
    const memory = new Int32Array(encoded!.buffers[0]!.buffer);
    while (memory[0] !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(encodedBytes(encoded!)).toBeGreaterThan(400_000);
  });

  it("whose heads are longer than the ring come through", async () => {
    await using harness = await Harness.start();
    const { value } = await harness.run(() => "y".repeat(2_000_000));
    expect(value).toBe("y".repeat(2_000_000));
  });

  it("come through when they are more than the ring holds", async () => {
    await using harness = await Harness.start();
    const tasks = harness.execute(
      0,
      Array.from({ length: 60 }, (_, i) => ({ fn: (n: number) => String(n).repeat(100_000), args: [i % 10] })),
    );
    await harness.until(() => harness.outcomes.length === tasks.length);
    harness.outcomes.forEach(({ value }, i) => expect(value).toBe(String(i % 10).repeat(100_000)));
  });

  it("do not wait for a long run that follows, even if its function was quick before", async () => {
    await using harness = await Harness.start();
    const spin = (ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
      return ms;
    };
    harness.execute(
      0,
      Array.from({ length: 20 }, () => ({ fn: spin, args: [0] })),
    );
    await harness.until(() => harness.outcomes.length === 20);
    const tasks = harness.execute(0, [
      { fn: spin, args: [0] },
      { fn: spin, args: [600_000] },
    ]);
    await harness.outcome(tasks[0]!);
    expect(harness.outcomes).toHaveLength(21);
  });
});

describe("time that goes into decoding", () => {
  const inputOf = async (harness: Harness) => {
    const { encoded } = await harness.run(() =>
      Array.from({ length: 100_000 }, (_, i) => ({ number: i, text: `${i}` })),
    );
    return new Input(encoded!);
  };

  it("is part of the time on the thread, of inputs and of large arguments", async () => {
    await using harness = await Harness.start();
    const input = await inputOf(harness);
    const many = Array.from({ length: 100_000 }, (_, i) => `text ${i}`);
    const count = (list: readonly unknown[]) => list.length;
    for (const argument of [input, many]) {
      await harness.run(count, []);
      const { value, busy, decoded } = await harness.run(count, argument);
      expect(value).toBe(100_000);
      expect(decoded).toBeGreaterThan(100);
      expect(decoded).toBeLessThanOrEqual(busy!);
    }
  });

  it("is none where a known function has small arguments", async () => {
    await using harness = await Harness.start();
    const add = (a: number, b: number) => a + b;
    expect((await harness.run(add, 1, 2)).decoded).toBeGreaterThan(0);
    expect((await harness.run(add, 1, 2)).decoded).toBe(0);
  });

  it("is told of runs that fail and of those that wait, whose waiting is told too", async () => {
    await using harness = await Harness.start();
    const input = await inputOf(harness);
    const late = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      throw new Error("late");
    };
    const failed = await harness.run((_: unknown) => {
      throw new Error("at once");
    }, input);
    expect(failed.failure!.decoded).toBeGreaterThan(100);
    expect(failed.failure!.waited).toBeUndefined();
    const { failure } = await harness.run(late, input);
    expect(failure!.decoded).toBeGreaterThan(0);
    expect(failure!.waited).toBeGreaterThan(20_000);
    const waited = await harness.run(async (list: readonly unknown[]) => Promise.resolve(list.length), input);
    expect(waited.decoded).toBeGreaterThan(100);
  });
});
