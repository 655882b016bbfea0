/** Errors that tasks throw are, at the client, what they were: instances of its own classes. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Client, LocalCluster, TaskTimeoutError, currentTask, getClient } from "heddle";
import { Folder, run, script } from "./support/programs.js";

let cluster: LocalCluster;
let client: Client;
beforeAll(async () => {
  cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false, silenceLogs: true });
  client = new Client(cluster);
  await cluster.ready;
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

class HttpError extends Error {
  override name = "HttpError";
  constructor(
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(`status ${status}`, options);
  }
  get isClients(): boolean {
    return this.status < 500;
  }
}

class NotFound extends HttpError {
  constructor(readonly url: URL) {
    super(404, { cause: new RangeError("no such row") });
  }
}

class Bare extends TypeError {}

it("a class of the program, with its fields, its cause and the stack of the task", async () => {
  const failing = (): never => {
    throw new NotFound(new URL("http://example.com/x"));
  };
  const error: unknown = await client.submit(failing).exception();
  expect(error).toBeInstanceOf(NotFound);
  expect(error).toBeInstanceOf(HttpError);
  const found = error as NotFound;
  expect(found.isClients).toBe(true);
  expect({ ...found }).toEqual({ name: "HttpError", status: 404, url: new URL("http://example.com/x") });
  expect(found.message).toBe("status 404");
  expect(found.cause).toBeInstanceOf(RangeError);
  expect(found.stack).toMatch(/status 404\n.*error-classes\.test\.ts/);
});

it("classes of causes, and standard ones underneath", async () => {
  const failing = (): never => {
    throw new Bare("outer", { cause: new HttpError(500, { cause: new Bare("inner") }) });
  };
  const error = (await client.submit(failing).exception()) as Bare;
  expect(error).toBeInstanceOf(Bare);
  expect(Object.hasOwn(error, "name")).toBe(false);
  expect(error.cause).toBeInstanceOf(HttpError);
  expect((error.cause as HttpError).isClients).toBe(false);
  expect((error.cause as HttpError).cause).toBeInstanceOf(Bare);
});

it("through a task that waited for the one that failed", async () => {
  const failing = (): never => {
    throw new HttpError(503);
  };
  const outer = client.submit(async (fn: typeof failing) => getClient().submit(fn).result(), failing);
  expect(await outer.exception()).toBeInstanceOf(HttpError);
});

it("errors of Heddle itself", async () => {
  const slow = client.with({ timeout: 20 }).submit(async () => {
    const { signal } = currentTask();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw signal.reason;
  });
  expect(await slow.exception()).toBeInstanceOf(TaskTimeoutError);
});

it("what the client has no class for arrives as before, based on the standard class", async () => {
  const failing = (): never => {
    class Local extends RangeError {
      override name = "Local";
    }
    throw Object.assign(new Local("made there"), { detail: 7 });
  };
  const error: unknown = await client.submit(failing).exception();
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({ name: "Local", message: "made there", detail: 7 });
});

it("classes that program and task import from one file, and that a file's function throws", async () => {
  using folder = new Folder();
  folder.write("errors.mjs", `export class Refused extends Error { name = "Refused"; why() { return this.reason; } }`);
  folder.write(
    "tasks.mjs",
    `import { Refused } from "./errors.mjs";
     export { Refused as Again } from "./errors.mjs";
     export class Own extends Error {}
     export const refusing = () => { throw Object.assign(new Refused("no"), { reason: "closed" }); };
     export const own = () => { throw new Own("mine"); };`,
  );
  await using program = script(
    folder,
    `import { Client } from "heddle";
     import { Refused } from "./errors.mjs";
     import { refusing, own, Own } from "./tasks.mjs";
     const client = new Client("${cluster.address}", { token: "${cluster.token}" });
     const direct = await client.submit(() => { throw Object.assign(new Refused("no"), { reason: "closed" }); }).exception();
     const through = await client.submit(refusing).exception();
     const mine = await client.submit(own).exception();
     console.log(JSON.stringify([
       direct instanceof Refused && direct.why(), through instanceof Refused && through.why(), mine instanceof Own,
     ]));
     await client.close();`,
  );
  const { stdout, stderr } = await run(program);
  if (stdout === "") throw new Error(stderr);
  expect(JSON.parse(stdout)).toEqual(["closed", "closed", true]);
});
