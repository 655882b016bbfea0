import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Submitter } from "../src/client/submitter.js";
import { delayed } from "../src/delayed/delayed-function.js";
import { CyclicGraphError, GraphTooLargeError, InvalidArgumentError } from "../src/errors/usage.js";
import { NO_OPTIONS } from "../src/options/task-options.js";
import { pictureOf } from "../src/visualize/layout.js";
import { taskGraphOf } from "../src/visualize/task-graph.js";
import { OfflineSession } from "./offline.js";

const inc = delayed((x: number) => x + 1, { name: "inc" });
const sum = delayed((xs: number[]) => xs.reduce((a, b) => a + b, 0), { name: '<sum> & "co"' });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-visualize-"));
});
afterAll(() => rm(folder, { recursive: true }));

const data = delayed([1, 2]);
const shared = inc(1);
const total = sum([shared, inc(shared), inc(data.get("length"))]);

describe("the graph that is drawn", () => {
  it("has what is computed, and what needs what", () => {
    const { nodes, edges } = taskGraphOf([total]);
    expect(nodes.map(({ name }) => name)).toEqual(["inc", "inc", "data", "attribute-length", "inc", '<sum> & "co"']);
    expect(edges).toEqual([
      [0, 1],
      [2, 3],
      [3, 4],
      [0, 5],
      [1, 5],
      [4, 5],
    ]);
    expect(nodes.map(({ kind }) => kind)).toEqual(["task", "task", "data", "task", "task", "task"]);
  });

  it("ends at what is persisted", () => {
    const [persisted] = new Submitter(new OfflineSession(), NO_OPTIONS).persist(inc(1));
    const { nodes } = taskGraphOf([inc(persisted)]);
    expect(nodes.map(({ name, kind }) => [name, kind])).toEqual([
      ["inc", "future"],
      ["inc", "task"],
    ]);
  });

  it("may be deep, and has no cycle", () => {
    let chain = inc(0);
    for (let depth = 0; depth < 20_000; depth++) chain = inc(chain);
    expect(taskGraphOf([chain]).nodes).toHaveLength(20_001);
    const list: unknown[] = [];
    const around = delayed((x: unknown) => x)(list);
    list.push(around);
    expect(() => taskGraphOf([around])).toThrow(CyclicGraphError);
  });

  it("is laid out without overlaps, edges from border to border", () => {
    const { nodes, edges, width, height } = pictureOf(taskGraphOf([total]));
    for (const a of nodes) {
      expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width / 2).toBeLessThanOrEqual(width);
      expect(a.y + a.height / 2).toBeLessThanOrEqual(height);
      for (const b of nodes)
        if (a !== b)
          expect(
            Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2,
          ).toBe(true);
    }
    for (const points of edges) expect(points.length).toBeGreaterThan(1);
  });
});

describe("visualize", () => {
  it("writes SVG, with names escaped", async () => {
    const path = join(folder, "graph.svg");
    await total.visualize(path);
    const svg = await readFile(path, "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
    expect(svg.match(/<text /g)).toHaveLength(6);
    expect(svg.match(/marker-end=/g)).toHaveLength(6);
    expect(svg).toContain("&lt;sum&gt; &amp; &quot;co&quot;");
    expect(svg).not.toContain("NaN");
  });

  it("writes PNG that is what its header says", async () => {
    const path = join(folder, "graph.PNG");
    await total.visualize(path);
    const png = await readFile(path);
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const length = png.readUInt32BE(33);
    const rows = inflateSync(png.subarray(41, 41 + length));
    expect(rows.length).toBe(height * (width * 3 + 1));
    // Every row as it is, and neither all white nor without any.
    for (let row = 0; row < height; row++) expect(rows[row * (width * 3 + 1)]).toBe(0);
    const white = rows.reduce((count, byte) => count + (byte === 255 ? 1 : 0), 0);
    expect(white).toBeGreaterThan(rows.length * 0.3);
    expect(white).toBeLessThan(rows.length * 0.95);
  });

  it("writes DOT and JSON, of graphs of any size too", async () => {
    await total.visualize(join(folder, "graph.dot"));
    expect(await readFile(join(folder, "graph.dot"), "utf8")).toContain('5 [label="<sum> & \\"co\\"" shape=box');
    const many = sum(Array.from({ length: 1500 }, () => inc(1)));
    await many.visualize(join(folder, "graph.json"));
    const json = JSON.parse(await readFile(join(folder, "graph.json"), "utf8")) as {
      nodes: unknown[];
      edges: unknown[];
    };
    expect([json.nodes.length, json.edges.length]).toEqual([1501, 1500]);
    await expect(many.visualize(join(folder, "many.svg"))).rejects.toThrow(GraphTooLargeError);
  });

  it("draws a single task, and refuses formats it does not know", async () => {
    await inc(1).visualize(join(folder, "one.png"));
    await expect(total.visualize(join(folder, "graph.gif"))).rejects.toThrow(InvalidArgumentError);
  });
});
