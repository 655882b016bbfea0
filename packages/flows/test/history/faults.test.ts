/** Disks, files and processes as they should not be: a flow never notices, and what was flushed is there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { HistorySink } from "../../src/history/history-sink.js";
import { HistoryReader } from "../../src/history/reader/history-reader.js";
import { MIGRATIONS, migrate, versionOf } from "../../src/history/schema.js";
import { Sqlite } from "../../src/history/sqlite.js";
import { Fixture, Scratch, Warnings, flowRun, log, runId, state, wholeRun } from "./scratch.js";

const A = runId("aaaa");
const B = runId("bbbb");

/** Runs a fixture through a shell, which can set limits. */
async function shell(command: string): Promise<{ readonly status: number; readonly stdout: string }> {
  const child = spawn("sh", ["-c", command], {
    cwd: join(import.meta.dirname, "fixtures"),
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const [status] = (await once(child, "close")) as [number];
  return { status, stdout };
}

describe("a process that is killed", () => {
  it("leaves everything that was flushed, and a file that opens", async () => {
    using scratch = new Scratch();
    await using writer = new Fixture("write-forever.mjs", [scratch.file, A]);
    let flushed = 0;
    while (flushed < 5_000) flushed = (await writer.message()) as number;
    // While the next ones are written.
    writer.child.kill("SIGKILL");
    await writer.ended;
    using history = HistoryReader.open(scratch.file);
    const runs = history.taskRuns(A, { limit: 1_000_000 });
    expect(runs.length).toBeGreaterThanOrEqual(flushed);
    expect(runs.slice(0, flushed).every((run) => run.state.type === "Completed")).toBe(true);
    // Batches are whole.
    expect(history.logs(A, { limit: 1_000_000 }).lines).toHaveLength(runs.length);
    const sink = new HistorySink({ file: scratch.file });
    sink.take(wholeRun(B));
    await sink.close();
    expect(history.flowRun(B)?.state.type).toBe("Completed");
  });

  it("has flow runs that count as crashed, for readers at once, and for good as soon as a flow runs", async () => {
    using scratch = new Scratch();
    await using writer = new Fixture("write-forever.mjs", [scratch.file, A]);
    await writer.message();
    using history = HistoryReader.open(scratch.file);
    const alive = history.flowRun(A)!;
    expect(alive).toMatchObject({ pid: writer.pid, state: { type: "Running" } });
    expect(history.flowRuns({ state: "Crashed" })).toEqual([]);
    writer.child.kill("SIGKILL");
    await writer.ended;

    const crashed = { type: "Crashed", message: "its process ended without saying so" };
    expect(history.flowRun(A)).toMatchObject({ state: crashed, ended: expect.any(Number) as number });
    expect(history.flowRuns({ state: "Crashed" })).toHaveLength(1);
    expect(history.flowRuns({ state: "Running" })).toEqual([]);
    expect(history.states(A).map((each) => each.type)).toEqual(["Running", "Crashed"]);
    expect(history.tail(history.tail().change).flowRuns).toMatchObject([{ id: A, state: crashed }]);
    const before = history.tail().change;

    const sink = new HistorySink({ file: scratch.file });
    sink.take(wholeRun(B));
    await sink.flush();
    await expect.poll(() => history.tail(before).flowRuns.map((run) => run.id)).toContain(A);
    await sink.close();
    using file = open(scratch.file);
    await expect
      .poll(() => file.sqlite.all("SELECT state, ended IS NULL AS open FROM flow_runs WHERE id = ?", A))
      .toEqual([{ state: "Crashed", open: 0 }]);
    expect(history.states(A).map((each) => each.type)).toEqual(["Running", "Crashed"]);
    expect(history.tail(history.tail().change).flowRuns).toEqual([]);
  });

  it("takes its unfinished task runs with it, and leaves the finished ones as they are", async () => {
    using scratch = new Scratch();
    const sink = new HistorySink({ file: scratch.file });
    sink.take([...wholeRun(A).slice(0, -3), state(A, 1, "Running", 3)]);
    await sink.close();
    using history = HistoryReader.open(scratch.file);
    const types = (): string[] => history.taskRuns(A).map((run) => run.state.type);
    expect(types()).toEqual(["Completed", "Running"]);
    bury(scratch.file);
    expect(types()).toEqual(["Completed", "Crashed"]);
    expect(history.taskRuns(A, { state: "Crashed" })).toMatchObject([
      { number: 1, ended: expect.any(Number) as number },
    ]);
    expect(history.flowRun(A)?.taskRuns).toEqual({ Completed: 1, Crashed: 1 });
    const next = new HistorySink({ file: scratch.file });
    next.take(wholeRun(B));
    await next.close();
    expect(types()).toEqual(["Completed", "Crashed"]);
    expect(history.states(A, 1).at(-1)).toMatchObject({ type: "Crashed" });
    expect(history.states(A, 0).at(-1)).toMatchObject({ type: "Completed" });
  });

  it("is not taken for dead when only its beats are late, and is on another machine when they are very late", async () => {
    using scratch = new Scratch();
    const sink = new HistorySink({ file: scratch.file });
    sink.take([flowRun(A), state(A, -1, "Running", 0)]);
    await sink.close();
    using history = HistoryReader.open(scratch.file);
    using file = open(scratch.file);
    const type = (): string | undefined => history.flowRun(A)?.state.type;
    file.sqlite.run("UPDATE processes SET beat = beat - 3600000");
    expect(type()).toBe("Running");
    file.sqlite.run("UPDATE processes SET machine = 'another'");
    expect(type()).toBe("Crashed");
    file.sqlite.run("UPDATE processes SET beat = ?", Date.now());
    expect(type()).toBe("Running");
  });

  it("is told from another that was given its id", async () => {
    using scratch = new Scratch();
    const sink = new HistorySink({ file: scratch.file });
    sink.take([flowRun(A), state(A, -1, "Running", 0)]);
    await sink.close();
    using history = HistoryReader.open(scratch.file);
    using file = open(scratch.file);
    file.sqlite.run("UPDATE processes SET born = '1'");
    expect(history.flowRun(A)?.state.type).toBe("Crashed");
  });
});

describe("a process that ends", () => {
  it.each([
    ["naturally", "", { status: 0, signal: null }],
    ["by process.exit", "exit", { status: 3, signal: null }],
    ["by an error nobody caught", "throw", { status: 1, signal: null }],
  ])("%s has said everything, without a flush", async (_, way, end) => {
    using scratch = new Scratch();
    await using program = new Fixture("end-unflushed.mjs", [scratch.file, A, way]);
    expect(await program.ended).toEqual(end);
    using history = HistoryReader.open(scratch.file);
    expect(history.flowRun(A)).toMatchObject({ state: { type: "Crashed" }, taskRuns: { Completed: 5_000 } });
  });

  it("by Ctrl-C has said everything that its listener flushed", async () => {
    using scratch = new Scratch();
    await using program = new Fixture("end-unflushed.mjs", [scratch.file, A, "interrupt"]);
    await program.message();
    program.child.kill("SIGINT");
    expect(await program.ended).toEqual({ status: null, signal: "SIGINT" });
    using history = HistoryReader.open(scratch.file);
    expect(history.flowRun(A)?.taskRuns).toEqual({ Completed: 5_000 });
  });
});

describe("several processes at once", () => {
  it("write into the same file", async () => {
    using scratch = new Scratch();
    const writers = ["a", "b", "c", "d"].map(
      (prefix) => new Fixture("write-runs.mjs", [scratch.file, prefix, "40", "30"]),
    );
    try {
      for (const writer of writers) expect(await writer.ended).toEqual({ status: 0, signal: null });
      for (const writer of writers) expect(writer.output).toBe("done\n");
    } finally {
      for (const writer of writers) await writer[Symbol.asyncDispose]();
    }
    using history = HistoryReader.open(scratch.file);
    const runs = history.flowRuns({ limit: 1_000 });
    expect(runs).toHaveLength(160);
    for (const run of runs) expect(run).toMatchObject({ state: { type: "Completed" }, taskRuns: { Completed: 30 } });
    for (const run of runs.slice(0, 20)) expect(history.logs(run.id).lines).toHaveLength(30);
  });
});

describe("a file that cannot be written", () => {
  it("in a folder that is read-only is one warning", async () => {
    using scratch = new Scratch();
    const folder = join(scratch.path, "read-only");
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    chmodSync(scratch.path, 0o755);
    // Nothing is read-only for root.
    const nobody = process.getuid!() === 0 ? { uid: 65534 } : {};
    await using program = new Fixture("cannot-write.mjs", [join(folder, "history.db"), "300"], nobody);
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.output.match(/^HEDDLE_HISTORY_NOT_WRITTEN: .*EACCES.*$/gm)).toHaveLength(1);
    expect(program.output).toMatch(/^went on$/m);
  });

  it("in a place that is no folder is one warning", async () => {
    using scratch = new Scratch();
    using warnings = new Warnings();
    writeFileSync(join(scratch.path, "file"), "");
    const sink = new HistorySink({ file: join(scratch.path, "file", "history.db") });
    for (let turn = 0; turn < 3; turn++) {
      sink.take(wholeRun(runId(`a${turn}`)));
      await sink.flush();
    }
    await sink.close();
    expect(warnings.codes).toEqual(["HEDDLE_HISTORY_NOT_WRITTEN"]);
  });

  it("because there is no room is one warning, and what was written before is there", async () => {
    using scratch = new Scratch();
    const { status, stdout } = await shell(
      `trap '' XFSZ; ulimit -f 2048; exec "${process.execPath}" cannot-write.mjs "${scratch.file}" 5000`,
    );
    expect(status).toBe(0);
    expect(stdout.match(/^HEDDLE_HISTORY_NOT_WRITTEN/gm)).toHaveLength(1);
    expect(stdout).toMatch(/^went on$/m);
    using history = HistoryReader.open(scratch.file);
    const runs = history.taskRuns("a".repeat(32), { limit: 10_000 });
    expect(runs.length).toBeGreaterThan(100);
    expect(runs.length).toBeLessThan(5_000);
  });

  it("because there is no room for all that comes at once keeps what there is room for", async () => {
    using scratch = new Scratch();
    const { status, stdout } = await shell(
      `trap '' XFSZ; ulimit -f 2048; exec "${process.execPath}" cannot-write.mjs "${scratch.file}" 0 500`,
    );
    expect(status).toBe(0);
    expect(stdout.match(/^HEDDLE_HISTORY_NOT_WRITTEN/gm)).toHaveLength(1);
    using history = HistoryReader.open(scratch.file);
    const { lines } = history.logs("a".repeat(32), { limit: 1_000 });
    // The limit is a megabyte; a line has eight kilobytes.
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.length).toBeLessThan(130);
  });

  it("for a while is written to as soon as it can be", async () => {
    using scratch = new Scratch();
    using warnings = new Warnings();
    const file = join(scratch.path, "later", "history.db");
    writeFileSync(dirname(file), "in the way");
    const sink = new HistorySink({ file });
    sink.take(wholeRun(A));
    await sink.flush();
    rmSync(dirname(file));
    sink.take(wholeRun(B));
    // Its end is the last occasion.
    await sink.close();
    expect(warnings.codes).toEqual(["HEDDLE_HISTORY_NOT_WRITTEN"]);
    using history = HistoryReader.open(file);
    expect(history.flowRuns().map((run) => run.id)).toEqual([B, A]);
  });
});

describe("a damaged file", () => {
  it.each([
    ["garbage", (file: string) => writeFileSync(file, "garbage ".repeat(4_000))],
    ["an empty one, which is a new one", (file: string) => writeFileSync(file, "")],
  ])("%s", async (_, damage) => {
    using scratch = new Scratch();
    using warnings = new Warnings();
    damage(scratch.file);
    const sink = new HistorySink({ file: scratch.file });
    sink.take(wholeRun(A));
    await sink.close();
    using history = HistoryReader.open(scratch.file);
    expect(history.flowRun(A)?.state.type).toBe("Completed");
    const aside = readdirSync(scratch.path).filter((name) => name.startsWith("history.db.damaged-"));
    expect(warnings.codes).toEqual(aside.map(() => "HEDDLE_HISTORY_DAMAGED"));
  });

  it("is put aside under another name, with a warning that says which", async () => {
    using scratch = new Scratch();
    using warnings = new Warnings();
    writeFileSync(scratch.file, "garbage ".repeat(4_000));
    expect(() => HistoryReader.open(scratch.file)).toThrow(
      expect.objectContaining({ code: "HEDDLE_HISTORY_DAMAGED" }) as Error,
    );
    const sink = new HistorySink({ file: scratch.file });
    sink.take(wholeRun(A));
    await sink.close();
    const [aside] = readdirSync(scratch.path).filter((name) => name.startsWith("history.db.damaged-"));
    expect(warnings.seen).toMatchObject([
      { code: "HEDDLE_HISTORY_DAMAGED", message: expect.stringContaining(aside!) as string },
    ]);
  });

  it("that is found damaged while it is in use is put aside then, and a reader goes on with the new one", async () => {
    using scratch = new Scratch();
    using warnings = new Warnings();
    const sink = new HistorySink({ file: scratch.file });
    sink.take(wholeRun(A));
    await sink.flush();
    using history = HistoryReader.open(scratch.file);
    expect(history.flowRun(A)).toBeDefined();
    {
      using file = open(scratch.file);
      file.sqlite.all("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    const descriptor = openSync(scratch.file, "r+");
    writeSync(descriptor, Buffer.alloc(statSync(scratch.file).size - 4096, 0xff), 0, undefined, 4096);
    closeSync(descriptor);
    // Another writer has nothing of the file in memory.
    const other = new HistorySink({ file: scratch.file });
    other.take(wholeRun(B));
    await other.close();
    expect(warnings.codes).toEqual(["HEDDLE_HISTORY_DAMAGED"]);
    expect(history.flowRun(B)?.state.type).toBe("Completed");
    expect(history.flowRun(A)).toBeUndefined();
    await sink.close();
  });
});

describe("a file of another version", () => {
  it("that is later is refused by readers, and left alone by flows, with a warning", async () => {
    using scratch = new Scratch();
    using warnings = new Warnings();
    {
      using file = open(scratch.file);
      migrate(file.sqlite, scratch.file, [...MIGRATIONS, "CREATE TABLE novelty (x)"]);
    }
    expect(() => HistoryReader.open(scratch.file)).toThrow(
      expect.objectContaining({ code: "HEDDLE_HISTORY_VERSION", version: MIGRATIONS.length + 1 }) as Error,
    );
    const sink = new HistorySink({ file: scratch.file });
    sink.take(wholeRun(A));
    await sink.flush();
    sink.take(wholeRun(B));
    await sink.close();
    expect(warnings.codes).toEqual(["HEDDLE_HISTORY_VERSION"]);
    using file = open(scratch.file);
    expect(file.sqlite.all("SELECT * FROM flow_runs")).toEqual([]);
  });

  it.each(["a writer", "a reader"])(
    "that is earlier is brought up to date by %s, with all that is in it",
    async (who) => {
      using scratch = new Scratch();
      {
        using file = open(scratch.file);
        migrate(file.sqlite, scratch.file, MIGRATIONS.slice(0, 1));
        file.sqlite.run("INSERT INTO processes (pid, host, machine, born, beat) VALUES (1, 'h', 'h', '', 0)");
        file.sqlite.run(
          `INSERT INTO flow_runs (id, name, flow, version, runner, tags, parameters, process, created, ended, state, state_name, state_time)
         VALUES (?, 'old-one', 'f', '1', 'r', '[]', '{}', 1, 5, 6, 'Completed', 'Completed', 6)`,
          A,
        );
      }
      if (who === "a writer") {
        const sink = new HistorySink({ file: scratch.file });
        sink.take(wholeRun(B));
        await sink.close();
      }
      using history = HistoryReader.open(scratch.file);
      expect(history.flowRun("old-one")).toMatchObject({ id: A, state: { type: "Completed" } });
      expect(history.artifacts(A)).toEqual([]);
      using file = open(scratch.file);
      expect(versionOf(file.sqlite)).toBe(MIGRATIONS.length);
    },
  );

  it("that fails on its way to the next stays what it was", () => {
    using scratch = new Scratch();
    using file = open(scratch.file);
    migrate(file.sqlite, scratch.file, ["CREATE TABLE one (x)"]);
    expect(() =>
      migrate(file.sqlite, scratch.file, ["CREATE TABLE one (x)", "CREATE TABLE two (x)", "CREATE TABLE one (x)"]),
    ).toThrow(/already exists/);
    expect(versionOf(file.sqlite)).toBe(1);
    expect(file.sqlite.all("SELECT name FROM sqlite_master")).toEqual([{ name: "one" }]);
  });
});

it("has no file before anything happened, and says so to who reads", async () => {
  using scratch = new Scratch();
  const sink = new HistorySink({ file: scratch.file });
  await sink.flush();
  await sink.close();
  expect(existsSync(scratch.file)).toBe(false);
  expect(() => HistoryReader.open(scratch.file)).toThrow(
    expect.objectContaining({ code: "HEDDLE_NO_HISTORY", file: scratch.file }) as Error,
  );
});

it("takes nothing after its end", async () => {
  using scratch = new Scratch();
  const sink = new HistorySink({ file: scratch.file });
  sink.take(wholeRun(A));
  await sink.close();
  sink.take([log(A, -1, "info", "too late")]);
  await sink.flush();
  await sink.close();
  using history = HistoryReader.open(scratch.file);
  expect(history.logs(A).lines).toHaveLength(2);
});

/** A connection of the test's own. */
function open(file: string): Disposable & { readonly sqlite: Sqlite } {
  const sqlite = Sqlite.forWriting(file);
  return { sqlite, [Symbol.dispose]: () => sqlite.close() };
}

/** Makes the processes known to a file ones that have ended. */
function bury(file: string): void {
  using connection = open(file);
  connection.sqlite.run("UPDATE processes SET born = '1'");
}
