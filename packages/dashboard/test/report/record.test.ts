/** What a report's page makes of its data. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME_HEADER, FrameType, ROW_BYTES, RowField, writeFrameHeader } from "@heddle/protocol/dashboard";
import { TaskStore } from "../../src/data/task-store.js";
import { reportBlocks, type ReportBlock } from "../../src/report/record-reader.js";
import { runStatistics } from "../../src/report/run-statistics.js";

function packed(blocks: readonly Uint8Array[]): string {
  const parts = blocks.flatMap((block) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(block.length);
    return [length, block];
  });
  return gzipSync(Buffer.concat(parts)).toString("base64");
}

async function read(base64: string): Promise<ReportBlock[]> {
  const blocks: ReportBlock[] = [];
  for await (const block of reportBlocks(base64)) blocks.push(block);
  return blocks;
}

const head = Buffer.from(JSON.stringify({ title: "r\u00e9sum\u00e9" }));

describe("the data of a report", () => {
  it("is read block by block, whatever their sizes", async () => {
    const frame = fc.uint8Array({ minLength: 1, maxLength: 20_000 }).map((bytes) => Uint8Array.of(3, ...bytes));
    const keys = fc.array(fc.option(fc.string()), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(frame, keys), { maxLength: 12 }), async (wanted) => {
        const bytes = wanted.map((block) => (Array.isArray(block) ? Buffer.from(JSON.stringify(block)) : block));
        const [first, ...rest] = await read(packed([head, ...bytes]));
        expect(first).toEqual({ kind: "head", head: { title: "r\u00e9sum\u00e9" } });
        const found = rest.map((block) => {
          if (block.kind === "keys") return block.keys;
          if (block.kind !== "rows") throw new TypeError(block.kind);
          return new Uint8Array(block.frame.buffer, block.frame.byteOffset, block.frame.byteLength).slice();
        });
        expect(found).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it("is refused when a part of it is missing", async () => {
    const whole = packed([head, Uint8Array.of(3, 1, 2, 3)]);
    await expect(read(whole.slice(0, whole.length - 24))).rejects.toThrow();
    await expect(read("")).rejects.toThrow();
    await expect(read("not base64!")).rejects.toThrow();
    await expect(read(gzipSync(Buffer.from([9, 0, 0, 0, 1])).toString("base64"))).rejects.toThrow(SyntaxError);
  });
});

describe("what runs come to", () => {
  const run = fc.record({
    lane: fc.integer({ min: 0, max: 3 }),
    group: fc.integer({ min: 0, max: 4 }),
    end: fc.integer({ min: 100, max: 1000 }),
    duration: fc.integer({ min: 1, max: 100 }),
    failed: fc.boolean(),
  });

  it("is what one counts by hand", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 200 }), async (unordered) => {
        const runs = unordered.sort((a, b) => a.end - b.end);
        const store = new TaskStore();
        const bytes = new DataView(new ArrayBuffer(FRAME_HEADER + runs.length * ROW_BYTES));
        const header = { type: FrameType.tasks, flags: 0, seq: 0, base: 1e12 };
        writeFrameHeader(bytes, header);
        for (const [index, { lane, group, end, duration, failed }] of runs.entries()) {
          const at = FRAME_HEADER + index * ROW_BYTES;
          bytes.setUint16(at + RowField.lane, lane, true);
          bytes.setUint16(at + RowField.group, group, true);
          bytes.setInt32(at + RowField.end, end * 1000, true);
          bytes.setUint32(at + RowField.duration, duration * 1000, true);
          bytes.setUint8(at + RowField.stateAttempt, failed ? 1 : 0);
        }
        store.add(header, bytes);
        const found = await runStatistics(store.segments, 1e12, 1e12 + 1000, () => Promise.resolve());
        const sum = (of: typeof runs): number => of.reduce((total, { duration }) => total + duration, 0);
        expect(found.all.runs).toBe(runs.length);
        expect(found.all.failed).toBe(runs.filter(({ failed }) => failed).length);
        for (const group of found.groups) {
          const own = runs.filter((each) => each.group === group.id);
          const sorted = own.map(({ duration }) => duration).sort((a, b) => a - b);
          expect(group).toMatchObject({ runs: own.length, failed: own.filter(({ failed }) => failed).length });
          expect(group.compute).toBeCloseTo(sum(own), 1);
          expect(group.longest).toBeCloseTo(sorted.at(-1)!, 1);
          expect(group.median).toBeCloseTo(sorted[Math.floor(sorted.length / 2)]!, 1);
        }
        expect(found.groups.reduce((total, { runs: count }) => total + count, 0)).toBe(runs.length);
        const failures = found.minimap.errors.reduce((total, count) => total + count, 0);
        expect(failures).toBe(found.all.failed);
        expect(found.minimap.busy.every((part) => part >= 0 && part <= 1)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
