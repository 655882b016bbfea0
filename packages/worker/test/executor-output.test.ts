import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OUTPUT_TEXT_MAX, OutputFrameReader, outputFrame, outputPieces } from "../src/executor/output-frames.js";
import { Harness } from "./executor-harness.js";

const fiftyLines = Array.from({ length: 50 }, (_, i) => `line ${i}\n`).join("");

describe("what tasks print", () => {
  it("arrives whole, though an endless loop follows", async () => {
    await using harness = await Harness.start();
    const batch = harness.batch([
      {
        fn: () => {
          for (let i = 0; i < 50; i++) console.log("line", i);
          for (;;);
        },
      },
    ]);
    harness.pool.execute(0, batch);
    await harness.until(() => harness.printed(batch.tasks[0]!) === fiftyLines);
    harness.pool.cancel(0, ...harness.runOf(batch), true);
  });

  it("belongs to its task, after an await and by whatever way", async () => {
    await using harness = await Harness.start();
    const chatty = async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, 10 - n));
      console.error("n is %d", n);
      process.stdout.write(`raw ${n}`);
      await new Promise<void>((resolve) => process.stdout.write(Buffer.from("!"), () => resolve()));
    };
    const tasks = harness.execute(
      0,
      [1, 2, 3].map((n) => ({ fn: chatty, args: [n] })),
    );
    await harness.until(() => harness.outcomes.length === 3);
    expect(tasks.map((task) => harness.printed(task, "stderr"))).toEqual(["n is 1\n", "n is 2\n", "n is 3\n"]);
    expect(tasks.map((task) => harness.printed(task))).toEqual(["raw 1!", "raw 2!", "raw 3!"]);
  });

  it("may be more than the ring holds", async () => {
    await using harness = await Harness.start();
    const { task } = await harness.run(() => {
      for (let i = 0; i < 200; i++) console.log(String(i % 10).repeat(40_000));
    });
    const lines = harness.printed(task).split("\n");
    expect(lines).toHaveLength(201);
    lines.slice(0, 200).forEach((line, i) => expect(line).toBe(String(i % 10).repeat(40_000)));
  });

  it("goes to a pipe when there is one", async () => {
    const directory = mkdtempSync(join(tmpdir(), "heddle-output-"));
    const file = join(directory, "frames");
    const fd = openSync(file, "w");
    try {
      await using harness = await Harness.start({ outputFd: fd });
      const { task } = await harness.run(() => {
        console.log("é".repeat(OUTPUT_LONG));
        console.error("e");
      });
      const read: [number, string, string][] = [];
      new OutputFrameReader((...frame) => read.push(frame)).push(readFileSync(file));
      expect(harness.output).toEqual([]);
      const text = read
        .filter(([, stream]) => stream === "stdout")
        .map(([, , part]) => part)
        .join("");
      expect(text).toBe(`${"é".repeat(OUTPUT_LONG)}\n`);
      expect(read.at(-1)).toEqual([task, "stderr", "e\n"]);
    } finally {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    }
  });
});

const OUTPUT_LONG = 5000;

describe("output frames", () => {
  it("survive any cut of the stream", () => {
    const frames = Buffer.concat([
      outputFrame(7, "stdout", Buffer.from("héllo")),
      outputFrame(-1, "stderr", Buffer.from("")),
      outputFrame(8, "stdout", Buffer.from("x")),
    ]);
    for (let size = 1; size <= frames.length; size++) {
      const read: unknown[] = [];
      const reader = new OutputFrameReader((...frame) => read.push(frame));
      for (let at = 0; at < frames.length; at += size) reader.push(frames.subarray(at, at + size));
      expect(read).toEqual([
        [7, "stdout", "héllo"],
        [-1, "stderr", ""],
        [8, "stdout", "x"],
      ]);
    }
  });

  it("cut no character", () => {
    const pieces = [...outputPieces("aé€😀".repeat(2000), OUTPUT_TEXT_MAX)];
    expect(pieces.map((piece) => piece.toString("utf8")).join("")).toBe("aé€😀".repeat(2000));
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(OUTPUT_TEXT_MAX);
  });
});

describe("what tasks print, for whoever shows it", () => {
  it("comes line by line with its level and the task's key, once somebody listens", async () => {
    await using harness = await Harness.start();
    await harness.run(() => console.log("nobody listens"));
    harness.pool.listen();
    await harness.run(async () => {
      // A message to a thread is read when its loop turns.
      await new Promise((resolve) => setTimeout(resolve, 10));
      console.log("one\n\ntwo\r\nthree");
      console.warn("careful");
      console.error("wrong");
      console.debug("detail");
      process.stderr.write("raw \u001b[31m\ud800 end");
    });
    const line = (level: string, text: string) => ({ level, text });
    expect(harness.lines.map(({ level, text }) => line(level, text))).toEqual([
      line("info", "one"),
      line("info", "two"),
      line("info", "three"),
      line("warn", "careful"),
      line("error", "wrong"),
      line("debug", "detail"),
      line("warn", "raw \u001b[31m\ufffd end"),
    ]);
    const keys = new Set(harness.lines.map(({ key }) => key));
    expect(keys.size).toBe(1);
    expect(keys).not.toContain(undefined);
  });

  it("is cut where a line is long, and counted where there are too many", async () => {
    await using harness = await Harness.start();
    harness.pool.listen();
    const { task } = await harness.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      console.log("x".repeat(5_000));
      for (let i = 0; i < 30_000; i++) console.log(i);
    });
    await harness.until(() => harness.lines.some(({ text }) => text.includes("left out")));
    expect(harness.lines[0]!.text).toBe("x".repeat(4_000));
    // The terminal has them all.
    expect(harness.printed(task).split("\n")).toHaveLength(30_002);
    const shown = harness.lines.filter(({ text }) => /^\d+$/.test(text)).length;
    expect(shown).toBeLessThan(30_000);
    const leftOut = (): number =>
      harness.lines.reduce((sum, { text }) => sum + Number(/^\.\.\. (\d+) lines? left out/.exec(text)?.[1] ?? 0), 0);
    await harness.until(() => harness.lines.filter(({ text }) => /^\d+$/.test(text)).length + leftOut() === 30_000);
  });
});
