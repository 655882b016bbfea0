/** Results beyond their run: kept, cached, read again, and what happens where that cannot be. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import "../support/own-home.js";
import { flow, task, type TaskFuture, Completed, Failed } from "../../src/index.js";
import { INPUTS, RUN_ID, SOURCE } from "../../src/results/caching/cache-policy.js";
import { readResult } from "../../src/results/result-keeper.js";
import type { StoredResult } from "../../src/results/stored-result.js";
import { registerStore } from "../../src/results/stores/store-registry.js";
import { Recorder } from "../support/recorder.js";

const directory = mkdtempSync(join(tmpdir(), "heddle-results-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a store said of the results of a task. */
function storedBy(recorder: Recorder, task: string): StoredResult[] {
  const runs = recorder.events.flatMap((event) =>
    event.kind === "taskRun" && event.task === task ? [`${event.flowRun}-${event.number}`] : [],
  );
  return recorder.events.flatMap((event) =>
    event.kind === "state" && event.result !== undefined && runs.includes(`${event.flowRun}-${event.number}`)
      ? [event.result as unknown as StoredResult]
      : [],
  );
}

async function states(futures: readonly TaskFuture<unknown>[]): Promise<string[]> {
  return Promise.all(futures.map(async (future) => (await future.wait()).name));
}

/** Calls a body as a flow with results in the folder of this file. */
const inFlow = <R>(body: () => R, options = {}) => flow(body, { name: "f", resultStorage: directory, ...options })();

describe("[caching]", () => {
  it("an unexpired earlier Completed run with the same key, in any flow, gives Cached with its result; the body does not run", async () => {
    let ran = 0;
    const drawn = task((x: number) => ({ x, n: ++ran }), { name: "drawn", cacheKey: (_, { x }) => `a-${String(x)}` });
    const first = await inFlow(() => [drawn.submit(1), drawn.submit(2)]);
    const second = await inFlow(async () => {
      const futures = [drawn.submit(1), drawn.submit(2), drawn.submit(3)];
      expect(await states(futures)).toEqual(["Cached", "Cached", "Completed"]);
      expect(futures[0]!.state().details.cacheKey).toBe("a-1");
      return futures.slice(0, 2);
    });
    expect(second).toEqual(first);
    expect(ran).toBe(3);
  });

  it("undefined as the key: not cached; the context has task and run", async () => {
    const seen: unknown[] = [];
    const never = task(() => 1, {
      name: "never",
      cacheKey: ({ task, run }) => {
        seen.push(task.name, run.name);
        return undefined;
      },
    });
    for (let i = 0; i < 2; i++) await inFlow(async () => expect(await states([never.submit()])).toEqual(["Completed"]));
    expect(seen).toEqual(["never", "never-0", "never", "never-0"]);
  });

  it("expires, and is refreshed", async () => {
    let ran = 0;
    const short = task(() => ++ran, { name: "short", cacheKey: () => "short", cacheExpiration: "50ms" });
    expect(await inFlow(() => short.submit())).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(await inFlow(() => short.submit())).toBe(2);
    const long = short.with({ cacheKey: () => "long", cacheExpiration: "1h" });
    expect(await inFlow(() => long.submit())).toBe(3);
    expect(await inFlow(() => long.with({ refreshCache: true }).submit())).toBe(4);
    expect(await inFlow(() => long.submit())).toBe(4);
  });

  it("cachePolicy: inputs count as their values, futures too; changed source; one flow run only", async () => {
    let ran = 0;
    const one = task(() => 1, { name: "one" });
    const count = task((x: unknown) => [x, ++ran], { name: "count", cachePolicy: INPUTS });
    expect(await inFlow(() => count.submit({ a: one.submit(), b: 2 }))).toEqual([{ a: 1, b: 2 }, 1]);
    expect(await inFlow(() => count.submit({ b: 2, a: 1 }))).toEqual([{ a: 1, b: 2 }, 1]);
    expect(await inFlow(() => count.submit({ b: 2, a: 3 }))).toEqual([{ a: 3, b: 2 }, 2]);

    const a = task(() => "a", { name: "versioned", cachePolicy: SOURCE });
    const b = task(() => "b", { name: "versioned", cachePolicy: SOURCE });
    await inFlow(() => a.submit());
    await inFlow(async () => expect(await states([a.submit(), b.submit()])).toEqual(["Cached", "Completed"]));

    const once = task(() => ++ran, { name: "once", cachePolicy: INPUTS.plus(RUN_ID) });
    for (let i = 0; i < 2; i++)
      await inFlow(async () => {
        await once.submit().wait();
        expect(await states([once.submit()])).toEqual(["Cached"]);
      });
    expect(ran).toBe(4);
  });

  it("a key that cannot be made fails the run: it is the user's code", async () => {
    const broken = task(() => 1, {
      name: "broken",
      cacheKey: () => {
        throw new Error("no key");
      },
    });
    await expect(inFlow(() => broken.submit())).rejects.toThrow("no key");
  });

  it("garbage under a key is a miss", async () => {
    const folder = mkdtempSync(join(directory, "garbage-"));
    let ran = 0;
    const t = task(() => ({ ran: ++ran }), { name: "t", cacheKey: () => "k", resultStorage: folder });
    await inFlow(() => t.submit());
    for (const name of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (name.isFile()) writeFileSync(join(name.parentPath, name.name), "garbage");
    expect(await inFlow(() => t.submit())).toEqual({ ran: 2 });
  });
});

describe("[persistence]", () => {
  it("a result can be read by whoever knows where it is; an error is re-raised", async () => {
    using recorder = new Recorder();
    const good = task(() => new Map([["k", [1n]]]), { name: "good", persistResult: true });
    const bad = task(
      () => {
        throw Object.assign(new RangeError("kept"), { detail: 5 });
      },
      { name: "bad", persistResult: true },
    );
    await inFlow(() => {
      good.submit();
      bad.submit();
      return 1;
    });
    expect(await readResult(storedBy(recorder, "good")[0]!)).toEqual({ ok: true, value: new Map([["k", [1n]]]) });
    const kept = await readResult(storedBy(recorder, "bad")[0]!);
    expect(kept.ok).toBe(false);
    if (!kept.ok) expect(kept.error).toMatchObject({ name: "RangeError", message: "kept", detail: 5 });
  });

  it("null and booleans take no room in the store", async () => {
    using recorder = new Recorder();
    const folder = mkdtempSync(join(directory, "inline-"));
    const t = task((x: unknown) => x, { name: "t", persistResult: true, resultStorage: folder });
    expect(await inFlow(() => t.map([null, true, false]))).toEqual([null, true, false]);
    expect(storedBy(recorder, "t")).toEqual([{ inline: "null" }, { inline: "true" }, { inline: "false" }]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("cacheResultInMemory: false lets go of the value, and reads it when asked for, also for another task", async () => {
    const made: WeakRef<object>[] = [];
    const t = task(
      (x: number) => {
        const value = { x };
        made.push(new WeakRef(value));
        return value;
      },
      { name: "t", persistResult: true, cacheResultInMemory: false },
    );
    const read = task((value: { x: number }) => value.x, { name: "read" });
    await inFlow(async () => {
      const future = t.submit(5);
      const [a, b] = [await future.result(), await future.result()];
      expect(a).toEqual({ x: 5 });
      expect(a).not.toBe(b);
      expect(await read.submit(future).result()).toBe(5);
      return 1;
    });
  });

  it("the flow's own result is kept with persistResult; subflows and tasks inherit storage and serializer", async () => {
    using recorder = new Recorder();
    const t = task(() => ({ from: "task" }), { name: "t" });
    const child = flow(async () => t(), { name: "child" });
    await inFlow(async () => child(), { persistResult: true, resultSerializer: "json" });
    const kept = recorder.events.flatMap((event) =>
      event.kind === "state" && event.result !== undefined ? [event] : [],
    );
    expect(kept.map((event) => [event.number < 0 ? "flow" : "task", event.name])).toEqual([
      ["task", "Completed"],
      ["flow", "Completed"],
      ["flow", "Completed"],
    ]);
    for (const { result } of kept) expect(result).toMatchObject({ store: { type: "local", directory } });
  });

  it("resultStorageKey is a template", async () => {
    using recorder = new Recorder();
    const t = task((day: string) => ({ day }), { name: "t", persistResult: true, resultStorageKey: "reports/{day}" });
    await inFlow(() => t.submit("monday"));
    expect(storedBy(recorder, "t")).toMatchObject([{ key: "reports/monday" }]);
  });

  it("a store that fails makes the run Crashed, with the cause, and never fails the machinery", async () => {
    registerStore("broken-for-test", () => {
      const fail = async (): Promise<never> => {
        throw new Error("store is down");
      };
      return {
        read: fail,
        write: fail,
        exists: fail,
        delete: fail,
        describe: () => ({ type: "broken-for-test" }),
        close: async () => {},
      };
    });
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const options = { name: "t", resultStorage: { type: "broken-for-test" } };
    const kept = task(() => ({}), { ...options, persistResult: true });
    const cached = task(() => ({}), { ...options, cacheKey: () => "k" });
    const failing = task(
      () => {
        throw new Error("own");
      },
      { ...options, persistResult: true },
    );
    await inFlow(async () => {
      for (const t of [kept, cached])
        await expect(t.submit().result()).rejects.toMatchObject({
          code: "HEDDLE_RUN_CRASHED",
          cause: { message: "store is down" },
        });
      // The user's error is what is told.
      await expect(failing.submit().result()).rejects.toThrow("own");
      return 1;
    });
    await expect(flow(() => ({}), { ...options, persistResult: true })()).rejects.toMatchObject({
      code: "HEDDLE_RUN_CRASHED",
    });
    stderr.mockRestore();
  });
});

it("a state made by hand ends a task's run too", async () => {
  const good = task(() => Completed({ data: 5 }), { name: "good" });
  const bad = task(() => Failed({ message: "by hand" }), { name: "bad" });
  await inFlow(async () => {
    expect(await good.submit().result()).toBe(5);
    expect((await bad.submit().wait()).type).toBe("Failed");
    await expect(bad()).rejects.toThrow("by hand");
    return 1;
  });
});
