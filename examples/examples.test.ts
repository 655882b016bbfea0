/** Each example run as its reader runs it, on a small input: it finds its own answers right, and ends. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const RUN = fileURLToPath(new URL("run.ts", import.meta.url));
const LIMIT = 120_000;

const home = mkdtempSync(join(tmpdir(), "heddle-examples-"));
afterAll(() => rmSync(home, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function example(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", RUN, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      // The history of flow runs of tests is nobody's.
      env: { ...process.env, HEDDLE_HOME: home },
    });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.once("error", reject);
    // "close" comes when no process holds the pipes any more: none that was started is left behind.
    child.once("close", (status) => resolve({ status, out, err }));
  });
}

/** What the example says it found right. */
function verdicts({ status, out, err }: Ended): string[] {
  expect({ status, err: status === 0 ? "" : err }).toEqual({ status: 0, err: "" });
  expect(out).not.toContain("✗");
  return out.split("\n").filter((line) => line.startsWith("✓"));
}

it("lists the examples, and knows no others", async () => {
  const list = await example();
  expect(list.status).toBe(0);
  expect(list.out).toContain("flight-delays");
  expect((await example("nothing")).status).toBe(2);
});

it("hello", { timeout: LIMIT }, async () => {
  const { status, out } = await example("hello");
  expect(out.trim().split("\n")).toEqual([
    "one task: 4",
    "many:     [ 1, 4, 9, 16, 25 ]",
    "chained:  55",
    "graph:    25",
  ]);
  expect(status).toBe(0);
});

it("receipts", { timeout: LIMIT }, async () => {
  expect(verdicts(await example("receipts"))).toHaveLength(1);
});

it("errors", { timeout: LIMIT }, async () => {
  const { status, out } = await example("errors");
  const sections = out.split("── ").slice(1);
  const expected = [
    /TypeError: .*'cents'.*\n +at priceOf \(.*examples\/errors\/prices\.ts:9:\d+\)\n\n$/,
    /TypeError: .*'cents'.*\n +at priceOf \(.*examples\/errors\/prices\.ts:9:\d+\)\n\n$/,
    /attempt 3/,
    /TaskTimeoutError: .*500 ms/,
    /TaskCancelledError/,
    /FunctionNotSerializableError: .*'server'.*a Server.*examples\/errors\/main\.ts/s,
  ];
  expect(sections).toHaveLength(expected.length);
  expected.forEach((pattern, index) => expect(sections[index]).toMatch(pattern));
  expect(status).toBe(0);
});

it("flight-delays", { timeout: LIMIT }, async () => {
  const ended = await example("flight-delays", "--input", "flights-5k.json", "--workers", "2", "--all");
  expect(verdicts(ended)).toHaveLength(3);
  expect(ended.out).toMatch(/^ +TX +Wednesday +\d+ +-?\d+\.\d +\d+\.\d % +-?\d+$/m);
});

it("flight-delays, watched until Ctrl-C", { timeout: LIMIT }, async () => {
  // A terminal tells all processes of the group.
  const child = spawn(
    process.execPath,
    ["--import", "tsx", RUN, "flight-delays", "--input", "flights-5k.json", "--workers", "2", "--watch"],
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  let out = "";
  let progress = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (progress += text));
  const ended = new Promise((resolve) => child.once("close", (status) => resolve(status)));
  try {
    await expect.poll(() => progress.match(/100 %/g)?.length ?? 0, { timeout: LIMIT / 2 }).toBeGreaterThan(1);
    const url = /Open (http:\S+) to watch/.exec(out)![1]!;
    expect(await (await fetch(url)).text()).toContain("<title>Heddle");
  } finally {
    process.kill(-child.pid!, "SIGINT");
  }
  expect(await ended).toBe(0);
});

it("text-index", { timeout: LIMIT }, async () => {
  const root = await mkdtemp(join(tmpdir(), "heddle-text-index-"));
  try {
    await mkdir(join(root, "loom"));
    await writeFile(join(root, "loom", "README.md"), "Threads of the warp, threads of the weft.");
    await writeFile(join(root, "loom", "LICENSE"), "Warp and weft are free.");
    const ended = await example("text-index", "--root", root, "threads");
    expect(verdicts(ended)).toHaveLength(2);
    expect(ended.out).toMatch(/^ +loom\/README\.md +\d+\.\d\d$/m);
  } finally {
    await rm(root, { recursive: true });
  }
});

it("mandelbrot", { timeout: LIMIT }, async () => {
  const ended = await example("mandelbrot", "--pixels", "256");
  expect(verdicts(ended)).toHaveLength(1);
});

it("http-fetch", { timeout: LIMIT }, async () => {
  const ended = await example("http-fetch", "--films", "90");
  expect(verdicts(ended)).toHaveLength(2);
  expect(ended.out).toContain("3 requests were refused");
});

describe("flows", { timeout: LIMIT }, () => {
  const greetings = ["arthur", "trillian", "ford", "marvin"].flatMap((name) => [`hello ${name}`, `goodbye ${name}`]);

  async function lines(...args: readonly string[]): Promise<string[]> {
    const { status, out, err } = await example(...args);
    expect({ status, err: status === 0 ? "" : err }).toEqual({ status: 0, err: "" });
    return out.trimEnd().split("\n");
  }

  it("flow-sequential: exactly these lines, in this order", async () => {
    expect(await lines("flow-sequential")).toEqual(greetings);
  });
  it("flow-cluster: the same lines, in any order", async () => {
    expect((await lines("flow-cluster")).sort()).toEqual([...greetings].sort());
  });
  it("flow-direct: the sequential order, on whatever runner", async () => {
    expect(await lines("flow-direct")).toEqual(greetings);
  });
  it("flow-subflow: sixteen lines", async () => {
    expect((await lines("flow-subflow")).sort()).toEqual([...greetings, ...greetings].sort());
  });
  it("count-to: every number", async () => {
    const numbers = (await lines("count-to")).slice(0, 10);
    expect(numbers.sort()).toEqual(Array.from({ length: 10 }, (_, index) => `#${index + 1}`).sort());
  });
  it("elevator: the floors in order", async () => {
    const floors = Array.from({ length: 10 }, (_, index) => `elevator stops on floor ${index + 1}`);
    expect(await lines("elevator", "--fast")).toEqual(floors);
  });
  it("climate: retried, cached, and right", async () => {
    expect(verdicts(await example("climate"))).toHaveLength(6);
  });
  it("runners: the same numbers through all of them", async () => {
    expect(await lines("runners")).toEqual(["sum of the squares: 385", "half of it: 192.5", "the flow returned 192.5"]);
  });
});
