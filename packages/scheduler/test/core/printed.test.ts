import { describe, expect, it } from "vitest";
import type { LinesPrinted, WorkerHello } from "@heddle/protocol";
import type { Instruction, SchedulerEvent } from "../../src/core/events.js";
import { DEFAULT_SETTINGS } from "../../src/core/events.js";
import { SchedulerCore } from "../../src/core/scheduler-core.js";
import { TestScheduler } from "./harness.js";

const AHEAD = 3_600_000;
const printed = (time: number): LinesPrinted => ({
  op: "printed",
  lines: [
    { time, level: "warn", text: "of a task", key: "a-1" },
    { time, level: "info", text: "of the worker" },
  ],
});

describe("what workers print", () => {
  it("goes to the shell with the worker's name, by the scheduler's clock", () => {
    const scheduler = new TestScheduler();
    const worker = scheduler.worker({ name: "left" });
    worker.send({
      op: "heartbeat",
      time: scheduler.now + AHEAD,
      ...{ rss: 0, managed: 0, spilled: 0, cpu: 0, executing: 0, ready: 0, fetching: 0 },
      ...{ sentBytes: 0, receivedBytes: 0, bandwidth: [], fetched: [] },
    });
    const at = scheduler.now;
    worker.send(printed(at + AHEAD));
    expect(scheduler.printed).toEqual([
      { time: expect.closeTo(at, 0) as number, level: "warn", source: "left", message: "of a task", key: "a-1" },
      { time: expect.closeTo(at, 0) as number, level: "info", source: "left", message: "of the worker" },
    ]);
  });

  it("is neither asked for nor passed on where nobody shows it", () => {
    const hello: WorkerHello = {
      op: "hello",
      protocol: 1,
      role: "worker",
      ...{ id: "w", heddle: "0", node: "20", pid: 1 },
      ...{ host: "h", dataAddress: "ws://h:1", threads: 1, memoryLimit: 1e9, resources: {}, asyncPerThread: 256 },
    };
    const joined: SchedulerEvent = { type: "workerJoined", worker: 0, name: "w", hello };
    const core = new SchedulerCore({ ...DEFAULT_SETTINGS, epoch: "test", validate: true });
    const ops = (instructions: readonly Instruction[]): string[] =>
      instructions.map((each) => (each.to === "shell" ? each.action : each.message.op));
    expect(ops(core.handle(joined, 1))).toEqual(["peers"]);
    expect(core.handle({ type: "workerMessage", worker: 0, message: printed(2) }, 2)).toEqual([]);

    const shown = new TestScheduler();
    expect(ops(shown.core.handle(joined, 1))).toEqual(["peers", "listen"]);
  });
});
