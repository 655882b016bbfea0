import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../src/client/client.js";
import { delayed } from "../src/delayed/delayed-function.js";
import { SmallCluster } from "./small-cluster.js";

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}

  get length(): number {
    return Math.hypot(this.x, this.y);
  }

  plus(other: Point): Point {
    return new Point(this.x + other.x, this.y + other.y);
  }
}

class Tree {
  parent: Tree | undefined;
  children: Tree[] = [];

  grow(): this {
    const child = new Tree();
    child.parent = this;
    this.children.push(child);
    return this;
  }
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

let cluster: SmallCluster;
let client: Client;

beforeAll(async () => {
  cluster = new SmallCluster({ workers: 2 });
  client = new Client(cluster);
  await client.ready;
});
afterAll(async () => {
  await client.close();
  await cluster[Symbol.asyncDispose]();
});

describe("functions", () => {
  it("are arguments, also inside plain data, and ones that import modules", async () => {
    const apply = (fns: ((x: number) => unknown)[], x: number): unknown[] => fns.map((fn) => fn(x));
    const factor = 7;
    const triple = (x: number): number => 3 * x;
    expect(await client.submit(apply, [triple, (x: number) => x * factor, String], 2).result()).toEqual([6, 14, "2"]);
    const hash = (fn: (text: string) => string, text: string): string => fn(text);
    expect(await client.submit(hash, digest, "a").result()).toBe(digest("a"));
    expect(await client.gather(client.map(hash, [digest, (text: string) => text], ["b", "c"]))).toEqual([
      digest("b"),
      "c",
    ]);
  });

  it("are results, and arguments of the next task", async () => {
    const adder = client.submit((n: number) => (x: number) => x + n, 5);
    expect((await adder.result())(1)).toBe(6);
    expect(await client.submit((fn: (x: number) => number) => fn(10), adder).result()).toBe(15);
    const hasher = client.submit(() => digest);
    expect((await hasher.result())("d")).toBe(digest("d"));
    expect((await client.gather([hasher]))[0]("d")).toBe(digest("d"));
  });
});

describe("instances", () => {
  it("keep their class, there and back", async () => {
    const sum = (a: Point, b: Point): Point => a.plus(b);
    const point = await client.submit(sum, new Point(1, 2), new Point(2, 2)).result();
    expect(point).toBeInstanceOf(Point);
    expect(point.length).toBe(5);
    const later = client.submit(sum, new Point(1, 1), new Point(1, 1));
    expect(await client.submit((p: Point) => p.length, later).result()).toBe(Math.hypot(2, 2));
  });

  it("are results of asynchronous tasks and of those that collect", async () => {
    const made = client.submit(async (x: number) => new Point(x, await Promise.resolve(0)), 3);
    expect((await made.result()).length).toBe(3);
    const many = client.submit(function* (n: number) {
      for (let i = 0; i < n; i++) yield new Point(i, 0);
    }, 100);
    const points = await many.result();
    expect(points.every((point) => point instanceof Point)).toBe(true);
    expect(points.map(({ x }) => x)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("keep cycles and shared parts", async () => {
    const tree = new Tree().grow().grow();
    const grown = await client.submit((t: Tree) => t.grow(), tree).result();
    expect(grown.children).toHaveLength(3);
    expect(grown.children.every((child) => child.parent === grown)).toBe(true);
    expect(grown.children[0]).toBeInstanceOf(Tree);
  });

  it("may hold futures, typed arrays and Delayeds", async () => {
    class Job {
      constructor(
        readonly input: unknown,
        readonly data: Float64Array,
      ) {}
    }
    const input = client.submit((x: number) => x + 1, 1);
    const total = (job: Job): number => (job.input as number) + job.data.reduce((a, b) => a + b);
    expect(await client.submit(total, new Job(input, new Float64Array(20_000).fill(1))).result()).toBe(20_002);
    expect(await client.submit(total, new Job(delayed((x: number) => x)(5), Float64Array.of(1))).result()).toBe(6);
  });

  it("are scattered, called with run, and returned from it", async () => {
    const data = await client.scatter(new Point(6, 8));
    expect(await client.submit((p: Point) => p.length, data).result()).toBe(10);
    expect(await data.result()).toBeInstanceOf(Point);
    const points = await client.run((p: Point) => p.plus(p), { args: [new Point(1, 0)] });
    expect(Object.values(points).every((point) => point instanceof Point && point.x === 2)).toBe(true);
    const hashes = await client.run((fn: (text: string) => string) => fn("e"), { args: [digest] });
    expect(Object.values(hashes)).toEqual([digest("e"), digest("e")]);
  });

  it("with private fields, and clients, are refused by name", () => {
    class Secret {
      readonly #hidden = 1;
      get shown(): number {
        return this.#hidden;
      }
    }
    expect(() => client.submit((x: unknown) => x, { a: new Secret() })).toThrow(/Secret.*private/);
    const uses = client.submit((x: number) => x, 1);
    expect(() => client.submit(() => uses.status)).toThrow(/Future/);
    expect(() => client.submit(() => client.address)).toThrow(/getClient/);
  });
});
