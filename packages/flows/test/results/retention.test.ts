/** Directories of results that keep themselves within an age and a size: real files, and several processes. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { INPUTS, LocalStorage, flow, loadResult, task } from "@heddle/flows";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeBlob } from "../../src/results/blob.js";
import { NeededResults } from "../../src/results/needed-results.js";
import { ResultKeeper } from "../../src/results/result-keeper.js";
import { LocalStorage as LocalStorageUnderTest } from "../../src/results/stores/local-storage.js";
import type { LocalStorageOptions } from "../../src/results/stores/local-storage.js";
import { findFiles, judgeFile, putBack, removeFile } from "../../src/results/stores/retention/result-files.js";
import { openStore } from "../../src/results/stores/store-registry.js";

const DAY = 86_400_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heddle-retention-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A result as a store holds it, of somewhat more bytes than its payload. */
const result = (payload: number, flowRun = "f".repeat(32)): Uint8Array =>
  writeBlob(
    { kind: "value", serializer: "structured", created: 0, about: { flowRun, number: 0 } },
    new Uint8Array(payload),
  );

const at = (key: string): string => join(directory, key);

/** Makes a file as if it had been written, or used, that long ago. */
async function aged(key: string, written: number, used = written): Promise<void> {
  await utimes(at(key), (Date.now() - used) / 1000, (Date.now() - written) / 1000);
}

async function put(key: string, bytes: Uint8Array | string, written = 0, used = written): Promise<void> {
  await mkdir(dirname(at(key)), { recursive: true });
  await writeFile(at(key), bytes);
  await aged(key, written, used);
}

/** Writes one more result, and waits for what that sets off. */
async function tidy(options: LocalStorageOptions): Promise<void> {
  const store = new LocalStorageUnderTest(directory, options);
  await store.write("last/one", result(1));
  await store.close();
}

async function entries(): Promise<string[]> {
  const all = await readdir(directory, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();
}

async function bytesOf(): Promise<number> {
  let sum = 0;
  for (const key of await entries()) sum += (await stat(at(key))).size;
  return sum;
}

describe("the options", () => {
  it("take what other options of time and size take, and travel with the description", () => {
    const store = new LocalStorageUnderTest(directory, { maxAge: "7d", maxBytes: "2GiB" });
    expect(store.describe()).toEqual({ type: "local", directory, maxAge: 7 * DAY, maxBytes: 2 * 1024 ** 3 });
    const again = openStore(JSON.parse(JSON.stringify(store.describe())) as ReturnType<typeof store.describe>);
    expect(again.describe()).toEqual(store.describe());
  });

  it.each<[LocalStorageOptions, RegExp]>([
    [{ maxAge: "soon" }, /maxAge: "soon" is not a duration/],
    [{ maxAge: 0 }, /maxAge must be more than nothing/],
    [{ maxAge: Infinity }, /maxAge has no end: leave it out/],
    [{ maxBytes: "7d" }, /maxBytes: "7d" is not a size/],
    [{ maxBytes: -1 }, /maxBytes: -1 is not a size/],
    [{ maxbytes: 5 } as LocalStorageOptions, /did you mean maxBytes/],
  ])("%j are refused", (options, message) => {
    expect(() => new LocalStorageUnderTest(directory, options)).toThrow(message);
  });
});

describe("maxAge", () => {
  it("removes what was written before, the folders that it was alone in, and records of the cache", async () => {
    const record = `cache/ab/${"0".repeat(64)}`;
    await put("old/er/0", result(10), 8 * DAY, 0);
    await put("old/1", result(10), 8 * DAY);
    await put(record, '{"heddleCache":1,"cacheKey":"k"}', 8 * DAY);
    await put("new/1", result(10), 6 * DAY);
    await tidy({ maxAge: "7d" });
    expect(await readdir(directory)).toEqual(["last", "new"]);
  });

  it("removes again while the store is in use", async () => {
    const store = new LocalStorageUnderTest(directory, { maxAge: "15s" });
    await store.write("first", result(10));
    await store.close();
    await aged("first", 60_000);
    await expect
      .poll(
        async () => {
          await store.write("second", result(10));
          await store.close();
          return store.exists("first");
        },
        { timeout: 30_000, interval: 50 },
      )
      .toBe(false);
  });

  it("is of no matter to one who only reads", async () => {
    await put("old", result(10), 8 * DAY);
    const store = new LocalStorageUnderTest(directory, { maxAge: "7d", maxBytes: 1 });
    for (let i = 0; i < 3; i++) expect(await store.read("old")).toBeDefined();
    await store.delete("nothing");
    await store.close();
    expect(await entries()).toEqual(["old"]);
  });
});

describe("what is not the store's", () => {
  it("is never removed, however old", async () => {
    const outside = await mkdtemp(join(tmpdir(), "heddle-outside-"));
    try {
      await writeFile(join(outside, "result"), result(10));
      await utimes(join(outside, "result"), 0, 0);
      const strangers = {
        "README.md": "notes",
        "run/notes": "a name as a key has",
        "run/empty": "",
        "cache/ab/not-a-record": '{"heddleCache":1}',
        [`cache/ab/${"1".repeat(64)}`]: '{"somebodyElse":1}',
        ".git/config": "hidden",
        "with space/0": result(10),
        ".hidden": result(10),
        ".mine.draft": "a draft of another program",
        [`.${"A".repeat(12)}.draft`]: "is written now",
      };
      for (const [name, content] of Object.entries(strangers)) await put(name, content, 900 * DAY);
      await aged(`.${"A".repeat(12)}.draft`, 60_000);
      await put(`.${"B".repeat(12)}.draft`, "of a process that was killed", 2 * DAY);
      await symlink(join(outside, "result"), at("link"));
      await symlink(outside, at("linked"));
      await put("run/0", result(10), 900 * DAY);
      await tidy({ maxAge: "1h", maxBytes: 1 });
      expect(await entries()).toEqual([...Object.keys(strangers), "last/one", "link", "linked"].sort());
      expect(await readdir(outside)).toEqual(["result"]);
    } finally {
      await rm(outside, { recursive: true, force: true });
    }
  });

  it("does not count, where it is large", async () => {
    await put("dump.sql", "x".repeat(100_000), 5);
    await put("run/0", result(100), 5000);
    await tidy({ maxBytes: 2000 });
    expect(await entries()).toEqual(["dump.sql", "last/one", "run/0"]);
  });

  it("is not taken for the result that was there before it", async () => {
    await put("run/0", result(10), 900 * DAY);
    const [found] = await findFiles(directory, Date.now(), async () => {});
    await writeFile(at("run/0"), "somebody's");
    expect(await removeFile(directory, found!)).toBe(false);
    expect(await entries()).toEqual(["run/0"]);
    await rm(at("run/0"));
    expect(await removeFile(directory, found!)).toBe(true);
  });

  it("is put back where it was moved aside, but not in the place of a newer one", async () => {
    await put(".moved-aside.draft", "second");
    await putBack(at(".moved-aside.draft"), at("0"));
    expect([await entries(), await readFile(at("0"), "utf8")]).toEqual([["0"], "second"]);
    await put(".moved-aside.draft", "second");
    await put("0", "third");
    await putBack(at(".moved-aside.draft"), at("0"));
    expect([await entries(), await readFile(at("0"), "utf8")]).toEqual([["0"], "third"]);
  });

  it("is told from a result whose header is long", async () => {
    const about = { flowRun: "me", taskRun: "x".repeat(20_000) };
    await put("run/0", writeBlob({ kind: "value", serializer: "json", created: 0, about }, new Uint8Array(5)));
    await put("run/1", result(10).subarray(0, 30));
    await put("run/2", Uint8Array.of(0x89, 0x48));
    expect(await judgeFile(directory, "run/0")).toMatchObject({ flowRun: "me" });
    // Cut short, it is still what we have written.
    expect(await judgeFile(directory, "run/1")).toBeDefined();
    expect(await judgeFile(directory, "run/2")).toBeUndefined();
    expect(await judgeFile(directory, "run")).toBeUndefined();
  });
});

describe("maxBytes", () => {
  it("is kept to by whatever is written, but for one result", async () => {
    const writes = fc.array(
      fc.record({
        key: fc.integer({ min: 0, max: 15 }),
        size: fc.integer({ min: 0, max: 3000 }),
        together: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(writes, fc.integer({ min: 500, max: 20_000 }), async (all, maxBytes) => {
        for (const name of await readdir(directory)) await rm(at(name), { recursive: true });
        const store = new LocalStorageUnderTest(directory, { maxBytes });
        const underWay: Promise<void>[] = [];
        let largest = 0;
        for (const { key, size, together } of all) {
          const bytes = result(size);
          largest = Math.max(largest, bytes.byteLength);
          const write = store.write(`run-${key % 3}/${key}`, bytes);
          underWay.push(write);
          if (!together) await write;
        }
        await Promise.all(underWay);
        await store.close();
        expect(await bytesOf()).toBeLessThanOrEqual(maxBytes + largest);
      }),
      { numRuns: 40 },
    );
  });

  it("keeps what is used, whatever its age", async () => {
    const size = result(1000).byteLength;
    for (let i = 0; i < 5; i++) await put(`run/${i}`, result(1000), (10 - i) * DAY);
    const store = new LocalStorageUnderTest(directory, { maxBytes: 4 * size });
    const before = await stat(at("run/0"));
    await store.read("run/0");
    const after = await stat(at("run/0"));
    // Its age is as it was.
    expect(Math.abs(after.mtimeMs - before.mtimeMs)).toBeLessThan(1);
    await store.write("run/5", result(1000));
    await store.close();
    expect(await entries()).toEqual(["run/0", "run/3", "run/4", "run/5"]);
  });

  it("is kept to by several processes that write, read and remove in one directory", async () => {
    const module = new URL("../../src/results/stores/local-storage.ts", import.meta.url).href;
    const blob = new URL("../../src/results/blob.ts", import.meta.url).href;
    const script = `
      import { LocalStorage } from ${JSON.stringify(module)};
      import { writeBlob } from ${JSON.stringify(blob)};
      process.on("warning", (warning) => { console.error(warning); process.exitCode = 1; });
      const who = process.argv.at(-1);
      const store = new LocalStorage(${JSON.stringify(directory)}, { maxBytes: 20_000, maxAge: "1h" });
      const result = writeBlob({ kind: "value", serializer: "json", created: 0 }, new Uint8Array(1000));
      let read = 0;
      for (let i = 0; i < 400; i++) {
        await store.write(\`run-\${i}/\${i % 2 ? who : "both"}\`, result);
        const found = await store.read(\`run-\${Math.max(0, i - 3)}/both\`);
        if (found !== undefined && found.byteLength !== result.byteLength) throw new Error("half a result");
        if (found !== undefined) read++;
      }
      await store.close();
      console.log(read > 0);`;
    const run = promisify(execFile);
    const outcomes = await Promise.all(
      ["a", "b", "c"].map((who) =>
        run(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, who], {
          cwd: join(import.meta.dirname, "../../../.."),
          timeout: 100_000,
        }),
      ),
    );
    for (const { stdout, stderr } of outcomes) expect([stdout, stderr]).toEqual(["true\n", ""]);
    // What the last to end could not know of is seen by the next one that writes.
    await tidy({ maxBytes: 20_000 });
    expect(await bytesOf()).toBeLessThanOrEqual(20_000);
    expect((await entries()).filter((name) => name.endsWith(".draft"))).toEqual([]);
  }, 120_000);
});

describe("results that are needed", () => {
  it("stay while somebody in this process says so", async () => {
    const needed = new NeededResults();
    needed.add("mine");
    needed.add("other/by-key");
    await put("mine/0", result(1000, "mine"), 8 * DAY);
    await put("other/by-key", result(1000, "other"), 8 * DAY);
    await put("other/0", result(1000, "other"), 8 * DAY);
    await tidy({ maxAge: "7d", maxBytes: 100 });
    expect(await entries()).toEqual(["last/one", "mine/0", "other/by-key"]);
    // What two of them need, the second still needs when the first is over.
    const another = new NeededResults();
    another.add("mine");
    needed.release();
    await tidy({ maxAge: "7d", maxBytes: 100 });
    expect(await entries()).toEqual(["last/one", "mine/0"]);
    another.release();
    await tidy({ maxAge: "7d", maxBytes: 100 });
    expect(await entries()).toEqual(["last/one"]);
  });

  it("are those of open flow runs, their subflows, and what these have found in the cache", async () => {
    const resultStorage = new LocalStorage(directory);
    // Flows have a store of their own for that description, which nobody can wait for. Another one of this process makes room.
    const makeRoom = async (): Promise<void> => {
      await put("nobody", result(3000), DAY);
      const store = new LocalStorage(directory, { maxBytes: 5000 });
      await store.write("last/one", result(1));
      await store.close();
      expect(await entries()).not.toContain("nobody");
    };
    const options = { cacheResultInMemory: false, resultStorage };
    const fill = (x: number): Uint8Array => new Uint8Array(3000).fill(x);
    const large = task(fill, { ...options, name: "large", persistResult: true });
    const found = task(fill, { ...options, name: "found", cachePolicy: INPUTS });
    const first = flow(async () => void (await found(9)), { name: "first" });
    const inner = flow(
      async () => {
        const future = large.submit(8);
        await future.wait();
        await makeRoom();
        return { future: () => future };
      },
      { name: "inner" },
    );
    const outer = flow(
      async () => {
        const early = found.submit(9);
        expect((await early.wait()).name).toBe("Cached");
        const ofInner = (await inner()).future();
        const futures = [early, ofInner, ...[0, 1, 2, 3, 4].map((x) => large.submit(x))];
        for (const future of futures) await future.wait();
        await makeRoom();
        return Promise.all(futures.map(async (future) => (await future.result())[0]));
      },
      { name: "outer" },
    );
    await first();
    expect(await outer()).toEqual([9, 8, 0, 1, 2, 3, 4]);
    // With the run over they are like any others.
    await makeRoom();
    expect(await bytesOf()).toBeLessThanOrEqual(5000);
  });

  it("that are gone all the same are a coded error, and to a cache a miss", async () => {
    const keeper = new ResultKeeper({ store: { type: "local", directory, maxAge: "7d" } });
    const run = { flowRun: "r", number: 0, name: "r-0", task: "t" };
    const stored = await keeper.keep("value", { run }, { cacheKey: "key", expiration: 0 });
    expect(await keeper.cached("key")).toMatchObject({ value: "value" });
    await aged("r/0", 8 * DAY);
    await tidy({ maxAge: "7d" });
    expect(await keeper.lookup("key")).toBeDefined();
    expect(await keeper.cached("key")).toBeUndefined();
    await expect(loadResult(stored)).rejects.toMatchObject({ code: "HEDDLE_RESULT_NOT_FOUND" });
  });
});

it.skipIf(process.platform === "win32")("says once when it may not remove, and writes go on", async () => {
  await put("locked/0", result(10), 8 * DAY);
  await put("locked/1", result(10), 8 * DAY);
  const module = new URL("../../src/results/stores/local-storage.ts", import.meta.url).href;
  const script = `
    import { chmodSync } from "node:fs";
    import { LocalStorage } from ${JSON.stringify(module)};
    const directory = ${JSON.stringify(directory)};
    chmodSync(directory, 0o777);
    for (const name of ["0", "1"]) chmodSync(directory + "/locked/" + name, 0o644);
    chmodSync(directory + "/locked", 0o555);
    // The superuser may do anything.
    if (process.geteuid() === 0) process.seteuid(65534);
    const warnings = [];
    process.on("warning", (warning) => warnings.push(warning.code));
    for (let i = 0; i < 2; i++) {
      const store = new LocalStorage(directory, { maxAge: "7d" });
      await store.write("mine/" + i, new Uint8Array(5));
      await store.close();
    }
    await new Promise(setImmediate);
    console.log(JSON.stringify(warnings));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--no-warnings", "--import", "tsx", "--input-type=module", "-e", script],
    { cwd: join(import.meta.dirname, "../../../.."), timeout: 50_000 },
  );
  await chmod(at("locked"), 0o755);
  expect(JSON.parse(stdout)).toEqual(["HEDDLE_RESULTS_NOT_REMOVED", "HEDDLE_RESULTS_NOT_REMOVED"]);
  expect(await entries()).toEqual(["locked/0", "locked/1", "mine/0", "mine/1"]);
  expect((await readFile(at("locked/0"))).byteLength).toBe(result(10).byteLength);
});
