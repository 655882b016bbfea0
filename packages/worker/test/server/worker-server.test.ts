import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RunFlag, ValueEncoder } from "@heddle/protocol";
import { capture } from "@heddle/closures";
import { WorkerOptionError, WorkerServer, type WorkerServerOptions } from "../../src/index.js";
import { DataClient } from "../../src/transfer/index.js";
import { Definitions, Dep, SchedulerEndpoint, decoded, type Member } from "./scheduler-endpoint.js";

const MiB = 1024 ** 2;

async function joined(options: Partial<WorkerServerOptions> = {}, given?: SchedulerEndpoint) {
  const scheduler = given ?? (await SchedulerEndpoint.start());
  const lines: string[] = [];
  const ends: { reason: string; expected: boolean }[] = [];
  const worker = new WorkerServer({
    address: scheduler.address,
    validate: true,
    ownsProcess: false,
    token: "secret",
    log: (line) => lines.push(line),
    onOutput: (stream, text) => lines.push(`${stream}: ${text}`),
    onEnded: (end) => ends.push(end),
    ...options,
  });
  const index = scheduler.members.length;
  await worker.start();
  const member: Member = await scheduler.member(index);
  return {
    scheduler,
    worker,
    member,
    lines,
    ends,
    definitions: new Definitions(),
    async [Symbol.asyncDispose]() {
      await worker.close();
      if (given === undefined) await scheduler[Symbol.asyncDispose]();
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const inc = (x: number): number => x + 1;

describe("a worker", () => {
  it("introduces itself, and runs what it is given", async () => {
    await using cluster = await joined({ threads: 2, resources: { GPU: 1 } });
    const { member, definitions } = cluster;
    expect(member.hello).toMatchObject({ role: "worker", threads: 2, resources: { GPU: 1 }, pid: process.pid });
    expect(cluster.worker.name).toBe("worker-1");
    member.send(...definitions.submit({ task: 1, fn: inc, args: [41], flags: RunFlag.inline }));
    const { inline, nbytes } = await member.finished(1);
    expect(decoded(inline!)).toBe(42);
    expect(nbytes).toBe(inline!.length);
  });

  it("runs a chain on its own, inputs handed from run to run", async () => {
    await using cluster = await joined();
    const { member, definitions } = cluster;
    const steps = Array.from({ length: 300 }, (_, step) => ({
      task: step,
      fn: inc,
      args: [step === 0 ? 0 : new Dep(step - 1)],
      flags: step === 299 ? RunFlag.inline : 0,
    }));
    member.send(...definitions.submit(...steps));
    expect(decoded((await member.finished(299)).inline!)).toBe(300);
  });

  it("reports what a task threw, and lets what followed it wait", async () => {
    await using cluster = await joined();
    const { member, definitions } = cluster;
    const fail = (): never => {
      throw new RangeError("no such thing");
    };
    member.send(
      ...definitions.submit(
        { task: 1, fn: fail },
        { task: 2, fn: inc, args: [new Dep(1)] },
        { task: 3, fn: inc, args: [1] },
      ),
    );
    const failure = await member.failure(1);
    expect(failure).toMatchObject({ kind: "error", started: true });
    expect(decoded(failure.error!)).toMatchObject({ name: "RangeError", message: "no such thing" });
    await member.finished(3);
    expect(member.of("failed")).toHaveLength(1);
  });

  it("sends what is printed to a scheduler that listens, and keeps its own lines for the next one", async () => {
    await using cluster = await joined();
    const { scheduler, member, definitions } = cluster;
    const speak = async (text: string): Promise<void> => {
      // A message to a thread is read when its loop turns.
      await new Promise((resolve) => setTimeout(resolve, 10));
      console.log(text);
    };
    member.send(...definitions.submit({ task: 1, fn: speak, args: ["nobody listens"] }));
    await member.finished(1);
    member.send({ op: "listen" });
    member.send(...definitions.submit({ task: 2, fn: speak, args: ["somebody listens"] }));
    const printed = (from: Member): string[] =>
      from.of("printed").flatMap(({ lines }) => lines.map(({ text }) => text));
    await member.until(() => printed(member).includes("somebody listens") || undefined);
    expect(printed(member)).toEqual(["somebody listens"]);
    expect(member.of("printed")[0]!.lines[0]).toMatchObject({ level: "info", key: expect.any(String) as string });

    member.cut();
    const back = await scheduler.member(1);
    back.send({ op: "listen" });
    await back.until(() => printed(back).some((text) => text.startsWith("lost the scheduler")) || undefined);
  });

  it("serves its results to clients and to peers", async () => {
    await using scheduler = await SchedulerEndpoint.start();
    await using one = await joined({}, scheduler);
    await using other = await joined({}, scheduler);
    one.member.send(
      ...one.definitions.submit({ task: 1, fn: (n: number) => new Float64Array(n).fill(2), args: [MiB / 4] }),
    );
    const { nbytes } = await one.member.finished(1);
    const peer = { index: 0, name: "worker-1", host: "here", address: one.worker.address };
    other.member.send({ op: "peers", joined: [peer], left: [] });
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    other.member.send(
      ...other.definitions.submit({ task: 2, fn: sum, args: [new Dep(1, 0, nbytes)], flags: RunFlag.inline }),
    );
    expect(decoded((await other.member.finished(2)).inline!)).toBe(MiB / 2);
    expect(other.member.of("added")).toMatchObject([{ tasks: Int32Array.of(1), nbytes: Float64Array.of(nbytes) }]);

    const client = new DataClient({ token: "secret" });
    const answer = await client.get(other.worker.address, Int32Array.of(1, 2, 3));
    client.close();
    if (answer.op === "busy") throw new Error("busy");
    expect([...answer.absent]).toEqual([3]);
    expect(decoded(answer.values[0]!.head, answer.values[0]!.buffers)).toHaveLength(MiB / 4);
  });

  it("takes in what a client puts on it", async () => {
    await using cluster = await joined();
    const { member, definitions, worker } = cluster;
    const client = new DataClient({ token: "secret" });
    const { head, buffers } = new ValueEncoder().encode(new Float64Array(MiB / 8).fill(1));
    await client.put(worker.address, Int32Array.of(9), ["nine"], [{ head: head.slice(), buffers }]);
    client.close();
    const count = (values: Float64Array) => values.length;
    member.send(...definitions.submit({ task: 10, fn: count, args: [new Dep(9)], flags: RunFlag.inline }));
    expect(decoded((await member.finished(10)).inline!)).toBe(MiB / 8);
  });

  it("tells the scheduler when an input is nowhere to be found, and waits for better news", async () => {
    await using cluster = await joined();
    const { member, definitions } = cluster;
    const gone = { index: 7, name: "gone", host: "h", address: "ws://127.0.0.1:1" };
    member.send({ op: "peers", joined: [gone], left: [] });
    member.send(...definitions.submit({ task: 2, fn: inc, args: [new Dep(1, 7)], flags: RunFlag.inline }));
    const missing = await member.until(() => member.of("missing")[0]);
    expect(missing).toMatchObject({ tasks: Int32Array.of(1), holders: Int32Array.of(7) });
    member.send(...definitions.submit({ task: 1, fn: inc, args: [1] }));
    expect(decoded((await member.finished(2)).inline!)).toBe(3);
  });

  it("stops a running task when told, and goes on with the next", async () => {
    await using cluster = await joined({ cancelGrace: 50 });
    const { member, definitions } = cluster;
    const forever = (): never => {
      for (;;);
    };
    member.send(...definitions.submit({ task: 1, fn: forever }, { task: 2, fn: inc, args: [1] }));
    member.send({ op: "cancel", tasks: Int32Array.of(1), runs: Int32Array.of(1), force: false });
    const stopped = await member.until(() => member.of("stopped")[0]);
    expect(stopped).toMatchObject({ tasks: Int32Array.of(1), runs: Int32Array.of(1) });
    await member.finished(2);
  });

  it("gives back what it has not begun", async () => {
    await using cluster = await joined();
    const { member, definitions } = cluster;
    const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    const block = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    // Its thread has loaded what it needs, and begins at once.
    member.send(...definitions.submit({ task: 3, fn: inc, args: [1] }));
    await member.finished(3);
    member.send(...definitions.submit({ task: 1, fn: block, args: [200] }, { task: 2, fn: wait, args: [0] }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    member.send({ op: "revoke", tasks: Int32Array.of(1, 2), runs: Int32Array.of(1, 1) });
    const granted = new Map<number, number>();
    await member.until(() => {
      for (const message of member.of("revoked")) {
        message.tasks.forEach((task, row) => granted.set(task, message.granted[row]!));
      }
      return granted.size === 2 ? granted : undefined;
    });
    expect([granted.get(1), granted.get(2)]).toEqual([0, 1]);
    await member.finished(1);
  });

  it("runs functions beside its tasks", async () => {
    await using cluster = await joined();
    const { member, definitions } = cluster;
    const block = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    const pid = () => process.pid;
    const captured = capture(pid);
    member.send(...definitions.submit({ task: 1, fn: block }));
    member.send({ op: "define", definitions: captured.definitions.map((record) => ({ ...record, index: -1 })) });
    const args = new ValueEncoder().encode([]).head.slice();
    member.send({ op: "call", id: 5, function: captured.token, args });
    const returned = await member.until(() => member.of("returned")[0]);
    expect(returned).toMatchObject({ id: 5, ok: true });
    expect(decoded(returned.bytes)).toBe(process.pid);
    await member.finished(1);
  });

  it("passes on what tasks print", async () => {
    await using cluster = await joined();
    const { member, definitions, lines } = cluster;
    const say = (what: string): void => console.log(what);
    member.send(...definitions.submit({ task: 1, fn: say, args: ["good morning"] }));
    await member.finished(1);
    await until(() => lines.includes("stdout: good morning\n"));
  });

  it("beats, with what it holds and how much memory it takes", async () => {
    await using scheduler = await SchedulerEndpoint.start();
    scheduler.heartbeat = 20;
    await using cluster = await joined({}, scheduler);
    const { member, definitions } = cluster;
    member.send(...definitions.submit({ task: 1, fn: (n: number) => new Uint8Array(n), args: [MiB] }));
    await member.finished(1);
    const beat = await member.until(() => member.of("heartbeat").find(({ managed }) => managed > MiB));
    expect(beat.rss).toBeGreaterThan(MiB);
    expect(beat).toMatchObject({ executing: 0, ready: 0, fetching: 0, spilled: 0 });
  });
});

describe("a worker short of memory", () => {
  it("reads inputs back from disk, and keeps the order of its threads meanwhile", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-worker-test-"));
    try {
      await using cluster = await joined({ memoryLimit: 256 * MiB, spillFolder: folder });
      const { member, definitions } = cluster;
      const fill = (n: number, what: number) => new Uint8Array(n).fill(what);
      const sizes = Array.from({ length: 10 }, (_, task) => ({ task, fn: fill, args: [32 * MiB, task + 1] }));
      member.send(...definitions.submit(...sizes));
      for (const { task } of sizes) await member.finished(task);
      await until(() => readdirSync(folder).length > 0);
      const first = (values: Uint8Array): number => values[values.length - 1]!;
      const uses = sizes.map(({ task }) => ({
        task: 100 + task,
        fn: first,
        args: [new Dep(task)],
        flags: RunFlag.inline,
      }));
      member.send(...definitions.submit(...uses));
      for (const { task } of uses) expect(decoded((await member.finished(task)).inline!)).toBe(task - 99);
      await cluster.worker.close();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a worker whose scheduler goes away", () => {
  it("keeps what it holds and runs, and presents it to the next one", async () => {
    await using cluster = await joined();
    const { scheduler, member, definitions } = cluster;
    const slow = (ms: number): number => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      return ms;
    };
    member.send(...definitions.submit({ task: 1, fn: inc, args: [1] }));
    await member.finished(1);
    member.send(
      ...definitions.submit({ task: 2, fn: slow, args: [400], flags: RunFlag.inline }, { task: 3, fn: inc, args: [1] }),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    scheduler.epoch = "epoch-2";
    member.cut();
    const again = await scheduler.member(1);
    expect(again.hello).toMatchObject({ id: member.hello.id, lastEpoch: "epoch-1", name: "worker-1" });
    const present = await again.until(() => again.of("present")[0]);
    expect(Buffer.from(present.keys).toString()).toBe("key-1key-2");
    again.send({ op: "adopt", tasks: Int32Array.of(21, 22), runs: Int32Array.of(1, 2) });
    expect(await again.finished(22)).toMatchObject({ run: 2 });
    again.send(...new Definitions().submit({ task: 23, fn: inc, args: [new Dep(21)], flags: RunFlag.inline }));
    expect(decoded((await again.finished(23)).inline!)).toBe(3);
  });

  it("gives up when it does not come back", async () => {
    const cluster = await joined({ reconnectTimeout: 100 });
    await cluster.scheduler[Symbol.asyncDispose]();
    await until(() => cluster.ends.length > 0);
    expect(cluster.ends).toMatchObject([{ expected: false }]);
    expect(cluster.ends[0]!.reason).toContain("cannot reach a Heddle scheduler");
  });

  it("ends when it is told to, and says so", async () => {
    await using cluster = await joined();
    cluster.member.send({ op: "stop", reason: "retired", restart: false });
    await cluster.member.until(() => cluster.member.of("status").find(({ status }) => status === "closing"));
    await cluster.member.closed;
    await until(() => cluster.ends.length > 0);
    expect(cluster.ends).toEqual([{ reason: "retired", expected: true, urgent: false }]);
  });

  it("begins anew when it is told to: nothing held, fresh threads", async () => {
    await using cluster = await joined();
    const { scheduler, member, definitions } = cluster;
    const counter = (): number => ((globalThis as { heddleCounter?: number }).heddleCounter ??= 0);
    const raise = (): number => ((globalThis as { heddleCounter?: number }).heddleCounter = 5);
    member.send(...definitions.submit({ task: 1, fn: raise }));
    await member.finished(1);
    member.send({ op: "stop", reason: "client.restart", restart: true });
    const again = await scheduler.member(1);
    expect(again.hello.lastEpoch).toBeUndefined();
    again.send(...new Definitions().submit({ task: 1, fn: counter, flags: RunFlag.inline }));
    expect(decoded((await again.finished(1)).inline!)).toBe(0);
  });
});

describe("a worker that cannot join", () => {
  it("says why, and leaves nothing behind", async () => {
    const worker = new WorkerServer({ address: "ws://127.0.0.1:1", connectTimeout: 100, log: () => {} });
    await expect(worker.start()).rejects.toMatchObject({ code: "HEDDLE_SCHEDULER_UNREACHABLE" });
  });

  it.each([
    ["threads", { threads: 0 }],
    ["memoryLimit", { memoryLimit: 1000 }],
    ["asyncPerThread", { asyncPerThread: -1 }],
    ["resources", { resources: { GPU: -1 } }],
    ["host", { host: "0.0.0.0" }],
  ])("refuses %s that make no sense", (option, options) => {
    expect(() => new WorkerServer({ address: "ws://127.0.0.1:1", ...options })).toThrow(WorkerOptionError);
    expect(() => new WorkerServer({ address: "ws://127.0.0.1:1", ...options })).toThrow(option);
  });
});
