/** Thousands of results at once, in processes that may have few files open. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SchedulerServer } from "@heddle/scheduler";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { S3Storage } from "../../src/results/stores/s3-storage.js";

const FILES = 256;
const RESULTS = 4000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heddle-many-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const moduleOf = (name: string): string =>
  JSON.stringify(new URL(`../../src/results/stores/${name}.ts`, import.meta.url).href);

/** Runs a script in a process that may have {@link FILES} files open. @returns its output */
async function limited(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    "bash",
    [
      "-c",
      `ulimit -n ${FILES}; exec "$0" "$@"`,
      process.execPath,
      ...["--import", "tsx", "--input-type=module", "-e", script],
    ],
    { cwd: join(import.meta.dirname, "../../../.."), timeout: 100_000 },
  );
  return stdout;
}

/** Writes, reads and looks for all at once, and prints how many of each were right, and what was wrong. */
const WRITE_AND_READ = `
  const keys = Array.from({ length: ${RESULTS} }, (_, i) => "run-" + i % 50 + "/" + i);
  const problems = new Set();
  const count = async (act) => {
    const outcomes = await Promise.allSettled(keys.map(act));
    for (const { reason } of outcomes) if (reason !== undefined) problems.add(reason.code + " " + reason.cause?.code);
    return outcomes.filter(({ value }) => value === true).length;
  };
  const written = await count((key) => store.write(key, Buffer.from(key)).then(() => true));
  const read = await count(async (key) => Buffer.from(await store.read(key)).toString() === key);
  const found = await count((key) => store.exists(key));
  await store.close();
  console.log(JSON.stringify({ written, read, found, problems: [...problems] }));`;
const ALL_WELL = { written: RESULTS, read: RESULTS, found: RESULTS, problems: [] };

describe.skipIf(process.platform === "win32")(`with no more than ${FILES} files open`, () => {
  it.each(["{}", "{ maxBytes: '1GiB' }", "{ durable: true }"])(
    "LocalStorage with %s takes and gives thousands at once",
    async (options) => {
      const output = await limited(`
      import { LocalStorage } from ${moduleOf("local-storage")};
      const store = new LocalStorage(${JSON.stringify(directory)}, ${options});
      ${WRITE_AND_READ}`);
      expect(JSON.parse(output)).toEqual(ALL_WELL);
    },
    110_000,
  );

  it("HttpStorage takes and gives thousands at once", async () => {
    const settings = { "scheduler.resultsFolder": directory };
    const scheduler = new SchedulerServer({ port: 0, dashboard: false, log: () => {}, settings });
    await scheduler.start();
    try {
      const output = await limited(`
        import { HttpStorage } from ${moduleOf("http-storage")};
        const store = new HttpStorage(${JSON.stringify(scheduler.address)});
        ${WRITE_AND_READ}`);
      expect(JSON.parse(output)).toEqual(ALL_WELL);
    } finally {
      await scheduler.close();
    }
  }, 110_000);

  it("LocalStorage says so when the rest of the process has them all", async () => {
    const output = await limited(`
      import { openSync } from "node:fs";
      import { LocalStorage } from ${moduleOf("local-storage")};
      const store = new LocalStorage(${JSON.stringify(directory)});
      await store.write("a/key", new Uint8Array(1));
      try { for (;;) openSync(process.execPath, "r"); } catch {}
      const { code, message } = await store.read("a/key").catch((error) => error);
      console.log(JSON.stringify([code, message]));`);
    const [code, message] = JSON.parse(output) as [string, string];
    expect(code).toBe("HEDDLE_STORAGE_UNAVAILABLE");
    expect(message).toMatch(/^cannot read a\/key in .+: EMFILE: .+; .+raise the limit \(ulimit -n\)/);
  });
});

it("S3Storage gives up none for the time that it waits for its turn", async () => {
  // Of 1,000 reads on 50 connections the last waits for 19 others: longer than one may take.
  const server = createServer((_request, response) => {
    setTimeout(() => {
      response
        .writeHead(404, { "Content-Type": "application/xml" })
        .end("<Error><Code>NoSuchKey</Code><Message>none</Message></Error>");
    }, 200);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env["HEDDLE_TEST_MANY_KEY"] = "anything";
  const key = { env: "HEDDLE_TEST_MANY_KEY" };
  const store = new S3Storage({
    bucket: "many",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: key, secretAccessKey: key },
    timeout: "3s",
  });
  try {
    const reads = Array.from({ length: 1000 }, (_, i) => store.read(`many/${i}`));
    expect(new Set(await Promise.all(reads))).toEqual(new Set([undefined]));
  } finally {
    delete process.env["HEDDLE_TEST_MANY_KEY"];
    await store.close();
    server.closeAllConnections();
    server.close();
  }
});
