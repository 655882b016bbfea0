import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RowState } from "@heddle/protocol/dashboard";
import { RunPart, RunWriter, allocateRunRing, type ReportedRuns } from "../../src/core/record/run-ring.js";
import { TaskDirectory, allocateTaskDirectory } from "../../src/core/record/task-directory.js";
import { OTHER } from "../../src/core/record/memory.js";
import { RowTable } from "../../src/dashboard/thread/row-table.js";
import { Transcriber } from "../../src/dashboard/thread/transcriber.js";

interface Run {
  readonly task: number;
  readonly busy: number;
  readonly waited: number;
  readonly thread: number;
  readonly counts: boolean;
}

const run: fc.Arbitrary<Run> = fc.record({
  task: fc.nat(1e6),
  busy: fc.nat(1e6),
  waited: fc.constantFrom(0, 0, 7),
  thread: fc.nat(3),
  counts: fc.boolean(),
});

/** As workers say it: one number where all runs have the same. */
function reported(runs: readonly Run[]): ReportedRuns {
  const column = (values: number[]): Int32Array | number =>
    values.every((value) => value === values[0]) ? (values[0] ?? 0) : Int32Array.from(values);
  return {
    tasks: Int32Array.from(runs, ({ task }) => task),
    startedAt: Float64Array.from(runs, ({ task }) => 1000 + task),
    busy: Int32Array.from(runs, ({ busy }) => busy),
    nbytes: Float64Array.from(runs, ({ task }) => task * 2),
    threads: column(runs.map(({ thread }) => thread)),
    waited: column(runs.map(({ waited }) => waited)),
    fetched: 0,
    decoded: 0,
  };
}

const LANE = 5;
const OFFSET = 250;
const NOW = 1e9;

/** The directory of tasks has the even ones; what there is to say of the others is said with their runs. */
const isKnown = (task: number): boolean => task % 2 === 0;
const tasks = allocateTaskDirectory(2 ** 20);
const directory = new TaskDirectory(tasks);
directory.expect(1e6 + 1);
for (let task = 0; task <= 1e6; task++) if (isKnown(task)) directory.set(task, task % 7, task, task % 100);

function write(writer: RunWriter, runs: readonly Run[]): void {
  writer.begin(reported(runs), LANE, OFFSET, NOW);
  runs.forEach(({ task, counts }, row) => {
    const parts = (task % 100) | (RowState.memory << RunPart.state) | (1 << RunPart.attempt);
    if (!counts) writer.skip(row);
    else if (!isKnown(task)) writer.tell(row, task % 7, task, parts);
  });
  writer.end();
}

function rowsOf(table: RowTable, from: number, to: number): unknown[] {
  return Array.from({ length: to - from }, (_, i) => {
    const place = (from + i) & (table.capacity - 1);
    return {
      seq: table.words[place * 8],
      task: table.tasks[place],
      lane: table.shorts[place * 16 + 2],
      group: table.shorts[place * 16 + 3],
      duration: table.words[place * 8 + 3],
      nbytes: table.floats[place * 8 + 5],
      state: table.bytes[place * 32 + 30],
      end: table.ends[place],
      key: [table.keyStarts[place], table.keyLengths[place]],
    };
  });
}

function expected(runs: readonly Run[], first: number): unknown[] {
  return runs.map(({ task, busy, waited, thread }, i) => ({
    seq: first + i,
    task,
    lane: LANE + thread,
    group: task % 7,
    duration: busy + waited,
    nbytes: task * 2,
    state: RowState.memory | 16,
    end: 1000 + task - OFFSET + (busy + waited) / 1000,
    key: [task, task % 100],
  }));
}

describe("runs on their way to the dashboard", () => {
  test("become rows, each once and in order, in batches of any size, some of whose runs do not count", () => {
    const batches = fc.array(fc.array(run, { maxLength: 100 }), { maxLength: 30 });
    fc.assert(
      fc.property(batches, fc.nat(3), (all, every) => {
        const ring = allocateRunRing(1024);
        const table = new RowTable(8192);
        const writer = new RunWriter(ring);
        const transcriber = new Transcriber(ring, tasks, table);
        all.forEach((runs, i) => {
          write(writer, runs);
          writer.publish();
          if (i % (every + 1) === 0) transcriber.advance();
        });
        transcriber.advance();
        const counted = all.flat().filter(({ counts }) => counts);
        expect(transcriber.head + transcriber.lost).toBe(counted.length);
        // What was not looked at in time is lost from the front of what was new then; nothing is wrong or twice.
        if (transcriber.lost === 0) expect(rowsOf(table, 0, transcriber.head)).toEqual(expected(counted, 0));
      }),
    );
  });

  test("are not seen before they are published", () => {
    const ring = allocateRunRing(1024);
    const writer = new RunWriter(ring);
    const transcriber = new Transcriber(ring, tasks, new RowTable(1024));
    write(writer, [{ task: 1, busy: 1, waited: 0, thread: 0, counts: true }]);
    transcriber.advance();
    expect(transcriber.head).toBe(0);
    writer.publish();
    transcriber.advance();
    expect(transcriber.head).toBe(1);
  });

  test("are lost and counted when they come faster than anybody looks; the newest are there", () => {
    const ring = allocateRunRing(1024);
    const table = new RowTable(8192);
    const writer = new RunWriter(ring);
    const transcriber = new Transcriber(ring, tasks, table);
    const runs = Array.from({ length: 5000 }, (_, task): Run => ({
      task,
      busy: 1,
      waited: 0,
      thread: 0,
      counts: true,
    }));
    const first = runs.slice(0, 100);
    write(writer, first);
    writer.publish();
    transcriber.advance();
    for (let at = 100; at < runs.length; at += 100) write(writer, runs.slice(at, at + 100));
    writer.publish();
    transcriber.advance();
    expect(transcriber.lost).toBeGreaterThan(3800);
    expect(transcriber.head + transcriber.lost).toBe(5000);
    expect(rowsOf(table, 0, 100)).toEqual(expected(first, 0));
    const rest = runs.slice(100 + transcriber.lost);
    expect(rowsOf(table, 100, transcriber.head)).toEqual(expected(rest, 100));
  });

  test("that are still there are read again by a thread that takes the place of another, under the same numbers", () => {
    const ring = allocateRunRing(1024);
    const writer = new RunWriter(ring);
    const runs = Array.from({ length: 1500 }, (_, task): Run => ({
      task,
      busy: 1,
      waited: 0,
      thread: 0,
      counts: true,
    }));
    for (let at = 0; at < runs.length; at += 50) {
      write(writer, runs.slice(at, at + 50));
      writer.publish();
    }
    const table = new RowTable(8192);
    const second = new Transcriber(ring, tasks, table);
    second.advance();
    expect(second.head).toBe(1500);
    expect(second.first).toBeGreaterThan(400);
    expect(second.first).toBeLessThan(600);
    expect(rowsOf(table, second.first, 1500)).toEqual(expected(runs.slice(second.first), second.first));
  });

  test("whose task the directory does not know any more have no name, and nobody else's", () => {
    const few = allocateTaskDirectory(1024);
    const forgetful = new TaskDirectory(few);
    const ring = allocateRunRing(1024);
    const writer = new RunWriter(ring);
    const table = new RowTable(1024);
    const transcriber = new Transcriber(ring, few, table);
    const plain = (task: number): void => {
      writer.begin(reported([{ task, busy: 1, waited: 0, thread: 0, counts: true }]), LANE, OFFSET, NOW);
      writer.end();
      writer.publish();
      transcriber.advance();
    };
    const named = (row: number): unknown => [
      table.shorts[row * 16 + 3],
      table.keyStarts[row]! * Math.sign(table.keyLengths[row]!),
      table.keyLengths[row],
    ];
    forgetful.expect(8);
    forgetful.set(7, 3, 70, 9);
    plain(7);
    forgetful.expect(600);
    // It may be gone by the time that somebody looks: the scheduler says of it what there is to say.
    expect(forgetful.oldest).toBeGreaterThan(7);
    expect(forgetful.oldest).toBeLessThan(590);
    plain(7);
    forgetful.expect(1 + 7 + 1024);
    forgetful.set(7 + 1024, 4, 80, 5);
    plain(7);
    plain(7 + 1024);
    expect([0, 1, 2, 3].map(named)).toEqual([
      [3, 70, 9],
      [3, 70, 9],
      [OTHER, 0, 0],
      [4, 80, 5],
    ]);
  });
});
