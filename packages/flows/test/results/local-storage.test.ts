/** A directory of results where other things are in the way, or that somebody removes. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../../src/results/errors.js";
import { LocalStorage } from "../../src/results/stores/local-storage.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heddle-local-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const SOMETHING = Uint8Array.of(1, 2, 3);

describe.each([{}, { maxBytes: "1GiB" }])("with the options %j", (options) => {
  it("has nothing where another key has its folder, to delete neither", async () => {
    const store = new LocalStorage(directory, options);
    await store.write("a/b", SOMETHING);
    expect(await store.read("a")).toBeUndefined();
    expect(await store.exists("a")).toBe(false);
    await store.delete("a");
    await store.delete("a/b/c");
    expect(await store.read("a/b")).toEqual(SOMETHING);
    await store.close();
  });

  it.skipIf(process.platform === "win32")("tells apart keys that differ in case or in a last dot", async () => {
    const store = new LocalStorage(directory, options);
    const keys = ["x/Arthur", "x/arthur", "x/arthur.", "x/arthur..", "x/NUL", "x/nul", "x/-", "x/=", "x/@"];
    // Some file systems take upper and lower case for the same.
    await store.write("case", SOMETHING);
    const distinct = (await store.exists("CASE")) ? keys.filter((key) => key === key.toLowerCase()) : keys;
    for (const key of distinct) await store.write(key, Buffer.from(key));
    for (const key of distinct) expect(Buffer.from((await store.read(key))!).toString()).toBe(key);
    await store.close();
  });
});

describe("a result that is deleted", () => {
  it("takes the folders with it that it was alone in, and no others", async () => {
    const store = new LocalStorage(directory);
    for (const key of ["a/b/c", "a/d/e", "f/g", "h"]) await store.write(key, SOMETHING);
    await store.delete("a/b/c");
    expect((await readdir(directory, { recursive: true })).sort()).toEqual(["a", "a/d", "a/d/e", "f", "f/g", "h"]);
    for (const key of ["a/d/e", "f/g", "h"]) await store.delete(key);
    expect(await readdir(directory)).toEqual([]);
  });

  it("takes no folder from one that is written at the same time, of this process", async () => {
    const store = new LocalStorage(directory);
    const writeAndDelete = async (key: string): Promise<void> => {
      await store.write(key, SOMETHING);
      await store.delete(key);
    };
    await Promise.all(
      Array.from({ length: 4000 }, (_, i) =>
        i % 400 === 10 ? writeAndDelete(`a/b/c/${i}`) : store.delete(`a/b/c/${i}`),
      ),
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it("takes no folder from one that is written at the same time, of another process", async () => {
    const module = new URL("../../src/results/stores/local-storage.ts", import.meta.url).href;
    const script = `
      import { LocalStorage } from ${JSON.stringify(module)};
      const store = new LocalStorage(${JSON.stringify(directory)});
      const who = process.argv.at(-1);
      for (let round = 0; round < 300; round++) {
        const key = (i) => \`run/of/all/\${who}-\${i}\`;
        const all = (act) => Promise.all(Array.from({ length: 8 }, (_, i) => act(key(i))));
        await all((key) => store.write(key, new Uint8Array(8)));
        const found = await all((key) => store.exists(key));
        if (found.includes(false)) throw new Error("a result is gone");
        await all((key) => store.delete(key));
      }`;
    const run = promisify(execFile);
    const arguments_ = ["--import", "tsx", "--input-type=module", "-e", script];
    const cwd = join(import.meta.dirname, "../../../..");
    await Promise.all(["a", "b", "c"].map((who) => run(process.execPath, [...arguments_, who], { cwd })));
    expect(await readdir(directory)).toEqual([]);
  }, 120_000);
});

describe("an error says where, why, and what to do:", () => {
  const thrown = async (act: Promise<unknown>): Promise<StorageError> => {
    const error: unknown = await act.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StorageError);
    return error as StorageError;
  };

  it("a folder where a result should be", async () => {
    const store = new LocalStorage(directory);
    await store.write("a/b", SOMETHING);
    const error = await thrown(store.write("a", SOMETHING));
    expect(error).toMatchObject({ code: "HEDDLE_STORAGE_FAILED", store: directory, operation: "write", key: "a" });
    expect(error.message).toMatch(
      /^cannot write a in \/.+: (EISDIR|EEXIST|EPERM): .+; a result cannot be where a folder is/,
    );
    expect(await readdir(directory)).toEqual(["a"]);
  });

  it("a result where a folder should be", async () => {
    const store = new LocalStorage(directory);
    await store.write("a", SOMETHING);
    const { message } = await thrown(store.write("a/b", SOMETHING));
    expect(message).toMatch(/^cannot write a\/b in \/.+: ENOTDIR: .+; .+ nor inside a file: choose .+resultStorageKey/);
  });

  it("a link that leads to itself", async () => {
    await symlink("loop", join(directory, "loop"));
    const store = new LocalStorage(directory);
    const { code, message } = await thrown(store.read("loop"));
    expect(code).toBe("HEDDLE_STORAGE_FAILED");
    expect(message).toMatch(/^cannot read loop in \/.+: ELOOP: .+; remove the symbolic link/);
  });

  it("a name that is too long for the system, without repeating it on and on", async () => {
    const store = new LocalStorage(join(directory, ...Array.from({ length: 30 }, () => "d".repeat(200))));
    for (const act of [
      () => store.write("k", SOMETHING),
      () => store.read("k"),
      () => store.exists("k"),
      () => store.delete("k"),
    ]) {
      const { message } = await thrown(act());
      expect(message).toMatch(/: ENAMETOOLONG: name too long.{0,600}; choose a directory with a shorter path/);
    }
  });

  it.runIf(process.platform === "linux")("a directory that nobody can make", async () => {
    const { message } = await thrown(new LocalStorage("/proc/none/results").write("k", SOMETHING));
    expect(message).toMatch(/^cannot write k in \/proc\/none\/results: ENOENT: .+; the directory cannot be made/);
  });
});

describe("a directory that is removed while it is used", () => {
  it("is made again, and takes the results that were on their way", async () => {
    const root = join(directory, "results");
    const store = new LocalStorage(root);
    // Somebody clears it now and then, in the middle of many writes.
    for (let round = 0; round < 20; round++) {
      const writes = Array.from({ length: 60 }, (_, i) => store.write(`run/${i % 3}/${i}`, SOMETHING));
      for (let i = 0; i < 3; i++) {
        await writes[i * 15];
        await rm(root, { recursive: true, force: true, maxRetries: 5 });
      }
      await Promise.all(writes);
    }
    await store.write("after", SOMETHING);
    expect(await store.read("after")).toEqual(SOMETHING);
  });

  it("is a miss to one who reads", async () => {
    const store = new LocalStorage(join(directory, "results"));
    await store.write("a/b", SOMETHING);
    await rm(store.directory, { recursive: true });
    expect(await store.read("a/b")).toBeUndefined();
    expect(await store.exists("a/b")).toBe(false);
    await store.delete("a/b");
  });
});

it("reads what others put there, and nothing that is no file", async () => {
  const store = new LocalStorage(directory);
  await writeFile(join(directory, "by-hand"), SOMETHING);
  await mkdir(join(directory, "empty"));
  expect(await store.read("by-hand")).toEqual(SOMETHING);
  expect(await store.read("empty")).toBeUndefined();
  expect(await store.exists("empty")).toBe(false);
});
