import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { InvalidStoreError } from "../../src/results/errors.js";
import type { StoreDescription } from "../../src/results/result-store.js";
import { HttpStorage } from "../../src/results/stores/http-storage.js";
import { LocalStorage } from "../../src/results/stores/local-storage.js";
import { MemoryStorage } from "../../src/results/stores/memory-storage.js";
import { RedisStorage } from "../../src/results/stores/redis-storage.js";
import { S3Storage } from "../../src/results/stores/s3-storage.js";
import {
  homeStore,
  openStore,
  registerStore,
  sharedStore,
  storeFromText,
} from "../../src/results/stores/store-registry.js";

afterEach(() => vi.unstubAllEnvs());

describe("a store by text", () => {
  it.each<[string, StoreDescription]>([
    ["/mnt/results", { type: "local", directory: "/mnt/results" }],
    ["results", { type: "local", directory: join(process.cwd(), "results") }],
    ["~/results", { type: "local", directory: join(homedir(), "results") }],
    ["~other", { type: "local", directory: join(process.cwd(), "~other") }],
    ["file:///mnt/with%20space", { type: "local", directory: "/mnt/with space" }],
    ["https://a.example/x", { type: "http", url: "https://a.example/x" }],
    ["ws://127.0.0.1:8786", { type: "http", url: "ws://127.0.0.1:8786" }],
    ["redis://h:1/2", { type: "redis", url: "redis://h:1/2", prefix: "heddle:results:" }],
    ["s3://bucket", { type: "s3", bucket: "bucket" }],
    ["s3://bucket/a/b", { type: "s3", bucket: "bucket", prefix: "a/b/" }],
  ])("%s", (text, description) => {
    expect(storeFromText(text).describe()).toEqual(description);
  });

  it.each(["ftp://x/y", "postgres://x"])("is not %s", (text) => {
    expect(() => storeFromText(text)).toThrow(InvalidStoreError);
  });
});

it("has its place under HEDDLE_HOME, by default in the user's home", () => {
  vi.stubEnv("HEDDLE_HOME", "/somewhere");
  expect(homeStore().directory).toBe("/somewhere/results");
  vi.stubEnv("HEDDLE_HOME", undefined);
  expect(homeStore().directory).toBe(join(homedir(), ".heddle", "results"));
});

describe("openStore", () => {
  it.each<[string, StoreDescription, RegExp]>([
    ["a type that is none", { type: "ftp" }, /there is no such type.*registerStore in each process/],
    ["a misspelt type", { type: "redsi" }, /did you mean redis\?/],
    ["no directory", { type: "local" }, /directory must be a string/],
    [
      "a misspelt option",
      { type: "local", directory: "x", durabel: true },
      /no option durabel: did you mean durable\?/,
    ],
    ["no bucket", { type: "s3", bucket: "" }, /bucket must be a string/],
    ["a URL of another kind", { type: "redis", url: "http://x" }, /redis:\/\/ or rediss:\/\//],
    ["no URL", { type: "http", url: 5 }, /url must be a string/],
    [
      "a password in a URL",
      { type: "redis", url: "redis://me:secret@x" },
      /url holds credentials.*environment variable/,
    ],
    [
      "a secret as text",
      { type: "redis", url: "redis://x", password: "secret" },
      /password is a secret.*\{ env: "NAME" \}/,
    ],
    ["half of the credentials", { type: "s3", bucket: "b", credentials: { accessKeyId: { env: "A" } } }, /both/],
    [
      "a duration that is none",
      { type: "redis", url: "redis://x", expire: "soon" },
      /expire: "soon" is not a duration/,
    ],
    ["no time at all", { type: "http", url: "http://x", timeout: 0 }, /timeout must be more than nothing/],
    ["a prefix from the root", { type: "s3", bucket: "b", prefix: "/x" }, /prefix/],
  ])("refuses %s", (_name, description, message) => {
    expect(() => openStore(description)).toThrow(message);
    expect(() => openStore(description)).toThrow(InvalidStoreError);
    // Whatever was wrong: a secret is not repeated in a message.
    if (JSON.stringify(description).includes("secret@")) expect(() => openStore(description)).not.toThrow(/me:secret/);
  });

  it("says which variable of a secret is not set, when it is needed", async () => {
    const secret = { env: "HEDDLE_TEST_NOT_SET" };
    for (const store of [
      new HttpStorage("http://127.0.0.1:9", { token: secret }),
      new RedisStorage("redis://127.0.0.1:9", { password: secret }),
      new S3Storage({
        bucket: "b",
        endpoint: "http://127.0.0.1:9",
        credentials: { accessKeyId: secret, secretAccessKey: secret },
      }),
    ])
      await expect(store.read("a")).rejects.toMatchObject({
        code: "HEDDLE_STORE_INVALID",
        message: expect.stringContaining("HEDDLE_TEST_NOT_SET is not set") as string,
      });
  });

  it("reads a variable again when it was set meanwhile", async () => {
    const secret = { env: "HEDDLE_TEST_SET_LATER" };
    const credentials = { accessKeyId: secret, secretAccessKey: secret };
    const store = new S3Storage({ bucket: "b", endpoint: "http://127.0.0.1:9", credentials });
    await expect(store.read("a")).rejects.toMatchObject({ code: "HEDDLE_STORE_INVALID" });
    vi.stubEnv("HEDDLE_TEST_SET_LATER", "now");
    await expect(store.read("a")).rejects.toMatchObject({ code: "HEDDLE_STORAGE_UNAVAILABLE" });
    await store.close();
  });

  it("makes stores of a type of the user's own", async () => {
    registerStore("mine", ({ name }) => new MemoryStorage({ name: name as string }));
    await openStore({ type: "mine", name: "of-my-own" }).write("a", Uint8Array.of(1));
    expect(await new MemoryStorage({ name: "of-my-own" }).exists("a")).toBe(true);
    // The same again, as when its module is evaluated twice.
    expect(() => registerStore("mine", ({ name }) => new MemoryStorage({ name: name as string }))).not.toThrow();
    expect(() => registerStore("mine", () => new MemoryStorage())).toThrow(InvalidStoreError);
    expect(() => registerStore("local", () => new MemoryStorage())).toThrow(InvalidStoreError);
  });

  it("shares one store of a description, where it is to be shared", () => {
    const description = new LocalStorage("/x").describe();
    expect(sharedStore(description)).toBe(sharedStore(JSON.parse(JSON.stringify(description)) as StoreDescription));
    expect(openStore(description)).not.toBe(openStore(description));
  });
});

it.each([
  ["@redis/client", `new RedisStorage("redis://127.0.0.1:9")`, "redis-storage"],
  ["@aws-sdk/client-s3", `new S3Storage({ bucket: "b", region: "eu-central-1" })`, "s3-storage"],
])("without the package %s says what to install", async (packageName, make, module) => {
  // A process in which the package is not installed.
  const hook = `export function resolve(specifier, context, next) {
    if (specifier === ${JSON.stringify(packageName)})
      throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    return next(specifier, context);
  }`;
  const file = new URL(`../../src/results/stores/${module}.ts`, import.meta.url).href;
  const script = `
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
    const { RedisStorage, S3Storage } = await import(${JSON.stringify(file)});
    const error = await (${make}).read("a").catch((error) => error);
    console.log(error.code, error.message);`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script],
    { cwd: join(import.meta.dirname, "../../../..") },
  );
  expect(stdout).toContain(`HEDDLE_PEER_MISSING`);
  expect(stdout).toContain(`npm install ${packageName}`);
});
