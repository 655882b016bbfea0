/** What flows on clusters send: rules of the wire, counted between real processes by a proxy that reads the frames. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { decodeFrame, type Ask, type DefinitionRecord, type Hello, type WireMessage } from "@heddle/protocol";
import { Folder, heddle, run, script } from "./support/programs.js";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder[Symbol.dispose]());

/** What went one way over one connection. */
class Counted {
  frames = 0;
  readonly messages: WireMessage[] = [];

  add(frame: Buffer): void {
    this.frames++;
    this.messages.push(...decodeFrame(frame));
  }

  /** In the order sent. */
  get definitions(): readonly DefinitionRecord[] {
    return this.messages.flatMap((message) => (message.op === "define" ? (message as Definitions).definitions : []));
  }
}

interface Definitions extends WireMessage {
  readonly definitions: readonly DefinitionRecord[];
}

interface Rows extends WireMessage {
  readonly rows: number;
}

/** A peer of the scheduler, as the proxy sees it. */
class Peer {
  readonly said = new Counted();
  readonly heard = new Counted();

  get role(): Hello["role"] | undefined {
    return (this.said.messages[0] as Hello | undefined)?.role;
  }
}

/** Stands between a scheduler and its clients and workers, and changes nothing. */
class CountingProxy implements AsyncDisposable {
  readonly #server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  readonly #peers: Peer[] = [];

  private constructor(target: string) {
    this.#server.on("connection", (near, { headers }) => {
      const { authorization } = headers;
      const far = new WebSocket(target, {
        perMessageDeflate: false,
        ...(authorization === undefined ? {} : { headers: { authorization } }),
      });
      const peer = new Peer();
      this.#peers.push(peer);
      const isOpen = once(far, "open");
      isOpen.catch(() => near.terminate());
      near.on("message", (frame: Buffer) => {
        peer.said.add(frame);
        if (far.readyState === WebSocket.OPEN) far.send(frame);
        else
          void isOpen.then(
            () => far.send(frame),
            () => undefined,
          );
      });
      far.on("message", (frame: Buffer) => {
        peer.heard.add(frame);
        near.send(frame);
      });
      near.on("close", () => far.close()).on("error", () => far.terminate());
      far.on("close", () => near.close()).on("error", () => near.terminate());
    });
  }

  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get address(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  peers(role: Hello["role"]): readonly Peer[] {
    return this.#peers.filter((peer) => peer.role === role);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

it("[12] 10,000 submits send a definition once to each worker, and make no round trip each", async () => {
  const tasks = 10_000;
  await using scheduler = heddle(folder, ["scheduler", "--port", "0", "--no-dashboard"]);
  const [, target] = await scheduler.prints(/scheduler at (\S+)/);
  await using proxy = await CountingProxy.start(target!);
  await using one = heddle(folder, ["worker", proxy.address, "--threads", "1"]);
  await using other = heddle(folder, ["worker", proxy.address, "--threads", "1"]);
  await Promise.all([one.prints(/has joined/), other.prints(/has joined/)]);
  await using program = script(
    folder,
    `import { ClusterTaskRunner, currentTask, flow, task } from "heddle";
    const next = task((x) => { const marker = "sent once"; return [x + 1, currentTask().worker, marker]; }, { name: "next" });
    const f = flow(async function f(count) {
      const runs = Array.from({ length: count }, (_, x) => next.submit(x));
      const results = await Promise.all(runs.map((run) => run.result()));
      console.log(results.every(([y], x) => y === x + 1), new Set(results.map(([, worker]) => worker)).size);
    }, { taskRunner: new ClusterTaskRunner({ address: ${JSON.stringify(proxy.address)} }) });
    await f(${tasks});`,
  );
  const end = await run(program);
  expect(end).toMatchObject({ status: 0, stderr: "", stdout: "true 2\n" });

  const [client, ...others] = proxy.peers("client");
  expect(others).toEqual([]);
  const { said, heard } = client!;
  const hashes = said.definitions.map(({ hash }) => hash);
  // The task's own, which names it, and what that refers to.
  expect(said.definitions.filter(({ bytes }) => Buffer.from(bytes).includes('["task","next"]'))).toHaveLength(1);
  expect(new Set(hashes).size).toBe(hashes.length);
  const workers = proxy.peers("worker");
  expect(workers).toHaveLength(2);
  for (const worker of workers)
    expect(worker.heard.definitions.map(({ hash }) => hash).sort()).toEqual([...hashes].sort());

  // Measured: 26 frames with 48 messages, and 48 with 107. They come by turns of the event loop, not by tasks.
  for (const { frames, messages } of [said, heard]) {
    expect(frames).toBeLessThan(tasks / 10);
    expect(messages.length).toBeLessThan(tasks / 10);
  }
  const rows = (op: string): number =>
    said.messages.reduce((sum, message) => sum + (message.op === op ? (message as Rows).rows : 0), 0);
  expect(rows("submit")).toBe(tasks);
  // What it asks is about the cluster, never about a task.
  const asked = said.messages.flatMap((message) => (message.op === "ask" ? (message as Ask).what.what : []));
  expect(asked.filter((what) => what !== "workers" && what !== "identity")).toEqual([]);
});

it("[11] values go from worker to worker, not through the flow's process, which gets those that it asks for", async () => {
  const size = 500_000;
  await using program = script(
    folder,
    `import { subscribe } from "node:diagnostics_channel";
    import { existsSync, writeFileSync } from "node:fs";
    import { ClusterTaskRunner, currentTask, flow, task } from "heddle";
    const sockets = new Set();
    subscribe("net.client.socket", ({ socket }) => sockets.add(socket));
    const bytes = () => [...sockets].reduce((sum, socket) => sum + (socket.bytesRead ?? 0) + (socket.bytesWritten ?? 0), 0);
    const mark = (number) => ${JSON.stringify(folder.path)} + "/" + number;
    // Both at once, so that each worker has one.
    const make = task((number) => {
      writeFileSync(mark(number), "");
      while (!existsSync(mark(1 - number))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      return { data: new Float64Array(${size}).fill(number), worker: currentTask().worker };
    }, { name: "make" });
    const join = task((parts, { again }) => ({
      length: parts[0].data.length + parts[1].data.length, sum: parts[1].data.at(-1) + again.get("it").data[0],
      workers: new Set(parts.map(({ worker }) => worker)).size,
    }), { name: "join" });
    const f = flow(async function f() {
      const parts = [make.submit(0), make.submit(1)];
      const joined = join.submit(parts, { again: new Map([["it", parts[1]]]) });
      const after = join.with({ waitFor: [joined] }).submit(parts, { again: new Map([["it", parts[0]]]) });
      console.log(JSON.stringify([await joined.result(), (await after.result()).sum]));
      for (const part of parts) await part.wait();
      const before = bytes();
      const { data } = await parts[0].result();
      console.log(JSON.stringify([before, bytes() - before, data.length]));
    }, { taskRunner: new ClusterTaskRunner({ cluster: { workers: 2, port: 0, dashboard: false } }) });
    await f();`,
  );
  const { stdout, ...end } = await run(program);
  expect(end).toEqual({ status: 0, signal: null, stderr: "" });
  const [made, [before, asked, length]] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown) as [unknown, [number, number, number]];
  expect(made).toEqual([{ length: 2 * size, sum: 2, workers: 2 }, 1]);
  expect(length).toBe(size);
  expect(asked).toBeGreaterThan(size * 8);
  // Definitions, submissions and reports.
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(size);
});
