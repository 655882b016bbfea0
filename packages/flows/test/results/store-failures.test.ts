/** Stores that are down, slow, full, closed to us, or something else altogether. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { SchedulerServer } from "@heddle/scheduler";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { StorageError } from "../../src/results/errors.js";
import type { ResultStore } from "../../src/results/result-store.js";
import { HttpStorage } from "../../src/results/stores/http-storage.js";
import { LocalStorage } from "../../src/results/stores/local-storage.js";
import { RedisStorage } from "../../src/results/stores/redis-storage.js";
import { S3Storage } from "../../src/results/stores/s3-storage.js";
import { RedisServer, freePort, redisIsHere } from "./support/redis-server.js";
import { BUCKET, startS3 } from "./support/s3-server.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

process.env["HEDDLE_TEST_KEY"] = "S3RVER";
process.env["HEDDLE_TEST_WRONG"] = "not-this-one";
afterAll(() => {
  delete process.env["HEDDLE_TEST_KEY"];
  delete process.env["HEDDLE_TEST_WRONG"];
});

const KEYS = { accessKeyId: { env: "HEDDLE_TEST_KEY" }, secretAccessKey: { env: "HEDDLE_TEST_KEY" } };
const NOTHING = Uint8Array.of(1, 2, 3);

/** The stores that talk over a socket, at an address. */
const remote: [string, (host: string, timeout: number) => ResultStore][] = [
  ["HttpStorage", (host, timeout) => new HttpStorage(`http://${host}`, { timeout })],
  ["RedisStorage", (host, timeout) => new RedisStorage(`redis://${host}`, { timeout })],
  [
    "S3Storage",
    (host, timeout) => new S3Storage({ bucket: BUCKET, endpoint: `http://${host}`, credentials: KEYS, timeout }),
  ],
];

async function eachOperation(store: ResultStore, code: string): Promise<void> {
  const operations: [string, () => Promise<unknown>][] = [
    ["read", () => store.read("a/key")],
    ["write", () => store.write("a/key", NOTHING)],
    ["check", () => store.exists("a/key")],
    ["delete", () => store.delete("a/key")],
  ];
  for (const [operation, act] of operations) {
    const error: unknown = await act().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code, operation, key: "a/key" });
    // What, where, why, and what to do.
    const { message, store: name } = error as StorageError;
    expect(message).toMatch(/^cannot .+: .{8,}; .{8,}$/);
    expect(message).toContain(`cannot ${operation} a/key in ${name}: `);
  }
  await store.close();
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answering(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return listening(server);
}

describe.each(remote)("%s", (_name, at) => {
  it("that is down says so, of each operation", async () => {
    await eachOperation(at(`127.0.0.1:${await freePort()}`, 20_000), "HEDDLE_STORAGE_UNAVAILABLE");
  });

  it("that takes connections and never answers is given up after its timeout", async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket.on("error", () => {})));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await eachOperation(at(await listening(server), 150), "HEDDLE_STORAGE_TIMEOUT");
  });

  it("that hangs up in the middle of an answer is unavailable", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        // The beginning of an answer in any of the protocols.
        socket.end(_name === "RedisStorage" ? "$100\r\nabc" : "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
      });
    });
    cleanups.push(() => server.close());
    const store = at(await listening(server), 20_000);
    await expect(store.read("a/key")).rejects.toMatchObject({ code: "HEDDLE_STORAGE_UNAVAILABLE" });
    await store.close();
  });
});

it("RedisStorage gives up the connection that did not answer, and not the one after it", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    // The first never comes up.
    if (sockets.push(socket.on("error", () => {})) === 1) return;
    socket.on("data", (data: Buffer) => {
      for (const command of data
        .toString("latin1")
        .split(/\*\d+\r\n/)
        .slice(1))
        socket.write(command.includes("\r\nGET\r\n") ? "$3\r\nyes\r\n" : "+OK\r\n");
    });
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const store = new RedisStorage(`redis://${await listening(server)}`, { timeout: 2000 });
  const first = store.read("first").catch((error: StorageError) => error.code);
  await pause(200);
  const second = store.read("second").catch((error: StorageError) => error.code);
  expect(await first).toBe("HEDDLE_STORAGE_TIMEOUT");
  expect(Buffer.from((await store.read("third"))!).toString()).toBe("yes");
  expect(await second).toMatch(/^HEDDLE_STORAGE_/);
  expect(Buffer.from((await store.read("fourth"))!).toString()).toBe("yes");
  expect(sockets).toHaveLength(2);
  await store.close();
});

describe("HttpStorage", () => {
  let folder: string;
  let scheduler: SchedulerServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "heddle-served-"));
    scheduler = new SchedulerServer({
      port: 0,
      dashboard: false,
      token: "the-right-token",
      log: () => {},
      settings: {
        "scheduler.resultsFolder": folder,
        "scheduler.maxResult": "100KiB",
        "scheduler.maxResults": "250KiB",
      },
    });
    await scheduler.start();
    process.env["HEDDLE_TEST_TOKEN"] = "the-right-token";
  });
  afterAll(async () => {
    delete process.env["HEDDLE_TEST_TOKEN"];
    await scheduler.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("with the wrong token is refused", async () => {
    const store = new HttpStorage(scheduler.address, { token: { env: "HEDDLE_TEST_WRONG" } });
    await eachOperation(store, "HEDDLE_STORAGE_DENIED");
  });

  it("takes no result over the limit, and says which setting it is", async () => {
    const store = new HttpStorage(scheduler.address, { token: { env: "HEDDLE_TEST_TOKEN" } });
    await expect(store.write("large", new Uint8Array(5_000_000))).rejects.toMatchObject({
      code: "HEDDLE_STORAGE_FULL",
      message: expect.stringContaining("scheduler.maxResult") as string,
    });
    expect(await store.exists("large")).toBe(false);
  });

  it("that is full takes more when something was deleted", async () => {
    const store = new HttpStorage(scheduler.address, { token: { env: "HEDDLE_TEST_TOKEN" } });
    const piece = new Uint8Array(100_000);
    await store.write("full/1", piece);
    await store.write("full/2", piece);
    await store.write("full/2", piece);
    const error = (await store.write("full/3", piece).catch((reason: unknown) => reason)) as StorageError;
    expect(error).toMatchObject({ code: "HEDDLE_STORAGE_FULL", key: "full/3" });
    expect(error.message).toContain("scheduler.maxResults");
    await store.delete("full/1");
    await store.write("full/3", piece);
    expect((await store.read("full/3"))!.byteLength).toBe(100_000);
    expect(await readdir(join(folder, ".drafts"))).toEqual([]);
  });

  it("knows a miss from an address where no store is", async () => {
    const host = await answering((_request, response) => response.writeHead(404).end("not here"));
    await eachOperation(new HttpStorage(`http://${host}`), "HEDDLE_STORAGE_FAILED");
  });

  it.each([
    [500, "HEDDLE_STORAGE_FAILED"],
    [503, "HEDDLE_STORAGE_UNAVAILABLE"],
    [504, "HEDDLE_STORAGE_TIMEOUT"],
    [413, "HEDDLE_STORAGE_FULL"],
    [507, "HEDDLE_STORAGE_FULL"],
    [403, "HEDDLE_STORAGE_DENIED"],
  ])("takes HTTP %i for %s", async (status, code) => {
    const host = await answering((request, response) => {
      request.resume();
      response.writeHead(status).end("<html>whatever</html>");
    });
    await eachOperation(new HttpStorage(`http://${host}`), code);
  });

  it("does not take its token to where it is sent on to", async () => {
    let followed = 0;
    const elsewhere = await answering((_request, response) => {
      followed++;
      response.end();
    });
    const host = await answering((_request, response) =>
      response.writeHead(302, { location: `http://${elsewhere}/` }).end(),
    );
    await eachOperation(
      new HttpStorage(`http://${host}`, { token: { env: "HEDDLE_TEST_TOKEN" } }),
      "HEDDLE_STORAGE_UNAVAILABLE",
    );
    expect(followed).toBe(0);
  });
});

describe("S3Storage", () => {
  it("with credentials that nobody knows is refused, and a bucket that is not there is no miss", async () => {
    await using server = await startS3();
    const wrong = { ...KEYS, accessKeyId: { env: "HEDDLE_TEST_WRONG" } };
    const store = new S3Storage({ bucket: BUCKET, endpoint: server.endpoint, credentials: wrong });
    await eachOperation(store, "HEDDLE_STORAGE_DENIED");
    const lost = new S3Storage({ bucket: "no-such-bucket", endpoint: server.endpoint, credentials: KEYS });
    await expect(lost.read("a/key")).rejects.toMatchObject({ code: "HEDDLE_STORAGE_FAILED" });
    await expect(lost.write("a/key", NOTHING)).rejects.toMatchObject({ code: "HEDDLE_STORAGE_FAILED" });
    await lost.close();
  });
});

describe.skipIf(!redisIsHere())(
  redisIsHere() ? "RedisStorage" : "RedisStorage: NOT RUN, there is no redis-server on PATH",
  () => {
    it("with the wrong password is refused", async () => {
      await using server = await RedisServer.start("--requirepass", "right");
      await eachOperation(
        new RedisStorage(server.url, { password: { env: "HEDDLE_TEST_WRONG" } }),
        "HEDDLE_STORAGE_DENIED",
      );
      await eachOperation(new RedisStorage(server.url), "HEDDLE_STORAGE_DENIED");
    });

    it("that is full says so, and is read all the same", async () => {
      await using server = await RedisServer.start("--maxmemory", "3mb", "--maxmemory-policy", "noeviction");
      const store = new RedisStorage(server.url);
      await store.write("small", NOTHING);
      const fill = async (): Promise<void> => {
        for (let i = 0; i < 100; i++) await store.write(`piece/${i}`, new Uint8Array(200_000));
      };
      await expect(fill()).rejects.toMatchObject({ code: "HEDDLE_STORAGE_FULL" });
      expect([...(await store.read("small"))!]).toEqual([1, 2, 3]);
      await store.close();
    });

    it("that came back is used again", async () => {
      await using server = await RedisServer.start();
      const store = new RedisStorage(server.url);
      await store.write("before", NOTHING);
      await server.stop();
      await expect(store.read("before")).rejects.toMatchObject({ code: "HEDDLE_STORAGE_UNAVAILABLE" });
      await server.restart();
      expect(await store.read("before")).toBeUndefined();
      await store.write("after", NOTHING);
      expect([...(await store.read("after"))!]).toEqual([1, 2, 3]);
      await store.close();
    });

    it("forgets results after `expire`", async () => {
      await using server = await RedisServer.start();
      const store = new RedisStorage(server.url, { expire: 50 });
      await store.write("short", NOTHING);
      await expect.poll(() => store.exists("short")).toBe(false);
      await store.close();
    });

    it("keeps no process alive that has nothing else to do", async () => {
      await using server = await RedisServer.start();
      const flows = new URL("../../src/results/stores/redis-storage.ts", import.meta.url).href;
      const script = `
        import { RedisStorage } from ${JSON.stringify(flows)};
        const store = new RedisStorage(${JSON.stringify(server.url)});
        await store.write("left", Uint8Array.of(1));
        console.log((await store.read("left")).length);`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", script],
        { cwd: join(import.meta.dirname, "../../../.."), timeout: 50_000 },
      );
      expect(stdout).toBe("1\n");
    });
  },
);

describe("LocalStorage", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "heddle-local-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it("under something that is no directory fails to write, and has nothing", async () => {
    await writeFile(join(root, "file"), "");
    const store = new LocalStorage(join(root, "file"));
    await expect(store.write("a", NOTHING)).rejects.toMatchObject({ code: "HEDDLE_STORAGE_FAILED" });
    expect(await store.read("a")).toBeUndefined();
    expect(await store.exists("a")).toBe(false);
  });

  it("has no result where another key has its folder", async () => {
    const store = new LocalStorage(join(root, "folders"));
    await store.write("a/b", NOTHING);
    expect(await store.read("a")).toBeUndefined();
    expect(await store.exists("a")).toBe(false);
    await expect(store.write("a", NOTHING)).rejects.toBeInstanceOf(StorageError);
    expect(await store.read("a/b/c")).toBeUndefined();
    expect(await readdir(join(root, "folders"))).toEqual(["a"]);
  });

  it.runIf(process.platform === "linux")(
    "fails where no directory can be made, and does not ask for ever",
    async () => {
      const store = new LocalStorage("/proc/no-such-folder/results");
      await expect(store.write("a/b", NOTHING)).rejects.toMatchObject({
        code: "HEDDLE_STORAGE_FAILED",
        operation: "write",
      });
      expect(await store.read("a/b")).toBeUndefined();
    },
  );

  it("makes the folders of many keys at once", async () => {
    const store = new LocalStorage(join(root, "not", "yet", "there"));
    const keys = Array.from({ length: 40 }, (_, n) => `x/y/${n % 4}/${n}`);
    await Promise.all(keys.map((key) => store.write(key, NOTHING)));
    for (const key of keys) expect(await store.read(key)).toEqual(NOTHING);
  });

  it.skipIf(process.platform === "win32")("on a full disk says so, and leaves nothing half written", async () => {
    const module = new URL("../../src/results/stores/local-storage.ts", import.meta.url).href;
    const directory = join(root, "full");
    // A limit on the size of files stands for the end of the disk: the system refuses the bytes beyond it in the same way.
    const script = `
      import { LocalStorage } from ${JSON.stringify(module)};
      process.on("SIGXFSZ", () => {});
      const store = new LocalStorage(${JSON.stringify(directory)});
      await store.write("fits", new Uint8Array(1000));
      const error = await store.write("large", new Uint8Array(64 * 1024 * 1024)).catch((error) => error);
      console.log(error.code, await store.exists("large"), (await store.read("fits")).length);`;
    const { stdout } = await promisify(execFile)(
      "bash",
      [
        "-c",
        'ulimit -f 20000; exec "$0" "$@"',
        process.execPath,
        ...["--import", "tsx", "--input-type=module", "-e", script],
      ],
      { cwd: join(import.meta.dirname, "../../../.."), timeout: 50_000 },
    );
    expect(stdout).toBe("HEDDLE_STORAGE_FULL false 1000\n");
    expect(await readdir(directory)).toEqual(["fits"]);
  });
});
