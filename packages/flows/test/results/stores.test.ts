import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SchedulerServer } from "@heddle/scheduler";
import { afterAll, describe, it } from "vitest";
import { HttpStorage } from "../../src/results/stores/http-storage.js";
import { LocalStorage } from "../../src/results/stores/local-storage.js";
import { MemoryStorage } from "../../src/results/stores/memory-storage.js";
import { RedisStorage } from "../../src/results/stores/redis-storage.js";
import { S3Storage } from "../../src/results/stores/s3-storage.js";
import { RedisServer, redisIsHere } from "./support/redis-server.js";
import { BUCKET, startS3 } from "./support/s3-server.js";
import { storeContract } from "./support/store-contract.js";

const variables = new Set<string>();
function setVariable(name: string, value: string): { env: string } {
  process.env[name] = value;
  variables.add(name);
  return { env: name };
}
afterAll(() => {
  for (const name of variables) delete process.env[name];
});

for (const [what, options] of [
  ["", {}],
  [", durable", { durable: true }],
  [" within limits", { maxAge: "1h", maxBytes: "1GiB" }],
] as const)
  storeContract(`LocalStorage${what}`, async () => {
    const root = await mkdtemp(join(tmpdir(), "heddle-local-"));
    return {
      store: new LocalStorage(join(root, "made", "when needed"), options),
      async stop() {
        // Nothing beside the directory, and no draft left in it.
        const entries = await readdir(root, { recursive: true });
        await rm(root, { recursive: true, force: true });
        const strange = entries.filter((name) => !name.startsWith("made") || /(^|\/)\./.test(name));
        if (strange.length > 0) throw new Error(`left behind: ${strange.join(", ")}`);
      },
    };
  });

storeContract("MemoryStorage", async () => ({
  store: new MemoryStorage({ name: "contract" }),
  async stop() {},
}));

for (const withToken of [false, true])
  storeContract(`HttpStorage of a scheduler${withToken ? " with a token" : ""}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "heddle-served-"));
    const token = "a-token-of-the-store-test";
    const scheduler = new SchedulerServer({
      port: 0,
      dashboard: false,
      log: () => {},
      settings: { "scheduler.resultsFolder": folder },
      ...(withToken ? { token } : {}),
    });
    await scheduler.start();
    return {
      store: new HttpStorage(
        scheduler.address,
        withToken ? { token: setVariable("HEDDLE_TEST_STORE_SECRET", token) } : {},
      ),
      secrets: [token],
      async stop() {
        await scheduler.close();
        const drafts = await readdir(join(folder, ".drafts"));
        await rm(folder, { recursive: true, force: true });
        if (drafts.length > 0) throw new Error(`left behind: ${drafts.join(", ")}`);
      },
    };
  });

storeContract(
  "S3Storage",
  async () => {
    const server = await startS3();
    return {
      store: new S3Storage({
        bucket: BUCKET,
        prefix: "some/where",
        endpoint: server.endpoint,
        credentials: {
          accessKeyId: setVariable("HEDDLE_TEST_S3_ID", "S3RVER"),
          secretAccessKey: setVariable("HEDDLE_TEST_S3_SECRET", "S3RVER"),
        },
      }),
      secrets: ["S3RVER"],
      stop: async () => server[Symbol.asyncDispose](),
    };
  },
  { crude: true },
);

if (redisIsHere())
  storeContract("RedisStorage", async () => {
    const password = "a-password-of-the-store-test";
    const server = await RedisServer.start("--requirepass", password);
    return {
      store: new RedisStorage(server.url, { password: setVariable("HEDDLE_TEST_REDIS_PASSWORD", password) }),
      secrets: [password],
      stop: async () => server[Symbol.asyncDispose](),
    };
  });
else
  describe("the contract of stores: RedisStorage", () => {
    it.skip("NOT RUN: there is no redis-server on PATH (apt-get install redis-server)", () => {});
  });
