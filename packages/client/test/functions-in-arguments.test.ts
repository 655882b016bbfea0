/** Functions, classes and instances among arguments: rows name them, and their definitions go to each worker once. */
import type { DefinitionRecord } from "@heddle/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codecExtensions } from "../src/client/codec-extensions.js";
import { Session } from "../src/client/session.js";
import { Submitter } from "../src/client/submitter.js";
import type { GraphChunk } from "../src/core/events.js";
import { Client, delayed } from "../src/index.js";
import { NO_OPTIONS } from "../src/options/task-options.js";
import { SmallCluster } from "./small-cluster.js";

const never = new Promise<never>(() => {});

/** A session whose scheduler never answers, and what it would send. */
class RecordingSession extends Session {
  readonly chunks: GraphChunk[] = [];
  readonly sent = new Map<string, DefinitionRecord>();

  constructor() {
    super({
      endpoint: { place: () => never, tls: undefined, timeout: 1, reconnectTimeout: 1 },
      name: "offline",
      extensions: codecExtensions,
      transfer: { get: () => never, put: () => never, close: () => {} },
    });
  }

  override submitChunk(chunk: GraphChunk, definitions: readonly DefinitionRecord[]): void {
    this.chunks.push(chunk);
    for (const definition of definitions) this.sent.set(definition.hash, definition);
    super.submitChunk(chunk, definitions);
  }

  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

const apply = (fn: (x: number) => number, x: number): number => fn(x);
const longOne = (x: number): number => {
  const table = ["a function that takes some room", "so that copies of it in each row", "would be seen in the bytes"];
  return table.length + x;
};

describe("what is sent", () => {
  it("a function that all rows of a map are given: each row names it", async () => {
    const session = new RecordingSession();
    const client = new Submitter(session, NO_OPTIONS);
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    client.map(
      apply,
      numbers.map(() => longOne),
      numbers,
    );
    await session.turn();
    const [chunk] = session.chunks;
    expect(chunk!.functions.length).toBe(1);
    // A token is 64 bytes.
    expect(chunk!.args.length / 100).toBeLessThan(100);
    const call = session.sent.get(chunk!.functions[0]!)!;
    expect(call.needs.length).toBe(2);
    for (const hash of call.needs) expect(session.sent.has(hash)).toBe(true);
  });

  it("calls with other functions are other calls, and a call without any is the function itself", async () => {
    const session = new RecordingSession();
    const client = new Submitter(session, NO_OPTIONS);
    const first = client.submit(apply, longOne, 1);
    const second = client.submit(apply, (x: number) => x, 1);
    const again = client.submit(apply, longOne, 1);
    client.submit((x: number) => x, 1);
    await session.turn();
    expect(first.key).not.toBe(second.key);
    expect(again.key).toBe(first.key);
    const functions = session.chunks.flatMap((chunk) => chunk.functions);
    expect(functions.length).toBe(3);
    expect(session.sent.get(functions[2]!)!.needs.length).toBe(1);
  });
});

describe("what runs", () => {
  let cluster: SmallCluster;
  let client: Client;
  beforeAll(() => {
    cluster = new SmallCluster({ workers: 2 });
    client = new Client(cluster);
  });
  afterAll(async () => {
    await client.close();
    await cluster[Symbol.asyncDispose]();
  });

  it("functions and instances, in lists, maps and graphs", async () => {
    expect(await client.submit(apply, longOne, 4).result()).toBe(7);
    const points = Array.from({ length: 20 }, (_, index) => new Point(index, 0));
    const length = (point: Point): number => (point instanceof Object ? point.length : -1);
    expect(await client.gather(client.map(length, points))).toEqual(points.map((point) => point.x));
    const inner = delayed((point: Point, fn: (x: number) => number) => fn(point.length));
    const sum = delayed((xs: number[], add: (a: number, b: number) => number) => xs.reduce(add));
    const total = sum(
      points.map((point) => inner(point, (x: number) => 2 * x)),
      (a: number, b: number) => a + b,
    );
    expect(await total.compute()).toBe(380);
  });

  it("data that holds functions, which no function of the user's brings", async () => {
    const [shared] = client.persist(delayed({ fn: longOne, point: new Point(3, 4) }));
    const use = ({ fn, point }: { fn: (x: number) => number; point: Point }): number => fn(point.length);
    expect(await client.submit(use, shared).result()).toBe(8);
  });

  it("again after the definitions were sent, on a worker that was not there, and with a scheduler that knows nothing", async () => {
    const here = client.with({ pure: false });
    expect(await here.submit(apply, longOne, 1).result()).toBe(4);
    const worker = await cluster.addWorker();
    await client.waitForWorkers(3);
    expect(
      await here
        .with({ workers: [worker.name] })
        .submit(apply, longOne, 2)
        .result(),
    ).toBe(5);
    const pending = here.submit(
      async (fn: (x: number) => number, x: number) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return fn(x);
      },
      longOne,
      3,
    );
    await cluster.restartScheduler();
    expect(await pending.result()).toBe(6);
    expect(await here.submit(apply, longOne, 4).result()).toBe(7);
  });
});
