/** Result stores that fail, inside of whole flow runs: how runs end, what is said, and what the history has of it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HistoryReader } from "@heddle/flows/history";
import { Folder, run, script } from "./support/programs.js";

/** A server of results whose first part of a path says what is wrong with it. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const [, what] = request.url!.split("/");
  const { method } = request;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (what === "silent") return;
    if (what === "full" && method === "PUT") return void response.writeHead(507).end("no room");
    if (what === "denied") return void response.writeHead(403).end("no");
    if (what === "cut" && method === "GET")
      return void response.writeHead(200, { "content-length": "100" }).write("x", () => response.destroy());
    const found = kept.get(request.url!);
    const answer = (): void => {
      if (method === "PUT") kept.set(request.url!, Buffer.concat(chunks));
      const isMiss = method === "GET" && found === undefined;
      response.writeHead(isMiss ? 404 : 200, { "heddle-results": "1" }).end(method === "GET" ? found : undefined);
    };
    if (what === "late") setTimeout(answer, 150);
    else answer();
  });
}
const kept = new Map<string, Buffer>();
const server = createServer(serve);
let host: string;
/** Where nothing listens. */
let nowhere: string;
let folder: Folder;
let told: Told;

beforeAll(async () => {
  folder = new Folder();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const brief = createTcpServer().listen(0, "127.0.0.1");
  await once(brief, "listening");
  nowhere = `http://127.0.0.1:${(brief.address() as AddressInfo).port}`;
  brief.close();
  await using program = script(folder, PROGRAM());
  const { stdout, ...end } = await run(program);
  expect(end).toEqual({ status: 0, signal: null, stderr: "" });
  told = JSON.parse(stdout) as Told;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  folder[Symbol.dispose]();
});

/** How a run ended: its states, and either its value or what was said. */
interface Ended {
  readonly states: string;
  readonly value?: unknown;
  readonly message?: string;
  readonly code?: string;
  readonly cause?: string;
  readonly text?: string;
}
type Runner = "here" | "cluster";
type Told = Record<
  Runner,
  {
    readonly stores: Record<string, Record<"kept" | "found" | "again" | "failed" | "after", Ended>>;
    readonly flows: Record<string, Record<"own" | "counted", Ended> & { readonly hooks: string }>;
    readonly harms: Record<string, Record<"first" | "second" | "third" | "kept" | "after", Ended>>;
  }
>;

const PROGRAM = (): string => `
  import { readdirSync, rmSync, writeFileSync } from "node:fs";
  import { join } from "node:path";
  import { ClusterTaskRunner, ConcurrentTaskRunner, HttpStorage, LocalCluster, LocalStorage, flow, task } from "heddle";
  const [here, host, nowhere] = ${JSON.stringify([folder.path, host, nowhere])};
  const at = (what, timeout = "30s") => new HttpStorage(host + "/" + what + "/", { timeout });
  const stores = {
    down: new HttpStorage(nowhere), silent: at("silent", 100), full: at("full"), denied: at("denied"), cut: at("cut"), late: at("late"),
    file: new LocalStorage(join(here, "script.mjs")),
  };
  const place = join(here, "place");
  const results = new LocalStorage(place);
  const spoil = (which) => {
    for (const entry of readdirSync(place, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && which(entry.parentPath.startsWith(join(place, "cache")))) writeFileSync(join(entry.parentPath, entry.name), "garbage");
  };
  const harms = {
    gone: () => rmSync(place, { recursive: true }),
    "a file": () => { rmSync(place, { recursive: true }); writeFileSync(place, ""); },
    "all garbage": () => spoil(() => true), "garbage results": () => spoil((isRecord) => !isRecord), "garbage records": () => spoil((isRecord) => isRecord),
  };
  const tell = async (run) => {
    const value = await run.result({ raiseOnFailure: false });
    const { message } = await run.wait();
    const states = run.states().map(({ name }) => name).join();
    if (!(value instanceof Error)) return { states, value };
    return { states, message, code: value.code ?? value.name, cause: value.cause?.code, text: value.message };
  };
  const keep = task((x) => ({ x }), { name: "keep", persistResult: true });
  const find = task((x, by) => ({ by }), { name: "find", cacheKey: (_, { x }) => "find " + x });
  const fail = task((x) => { throw new RangeError("its own " + x); }, { name: "fail", persistResult: true });
  const after = task((value) => value, { name: "after" });
  const cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false });
  const told = {};
  for (const [runner, taskRunner] of [["here", new ConcurrentTaskRunner()], ["cluster", new ClusterTaskRunner({ cluster })]]) {
    const each = (of, body) => flow(async () => {
      const all = await Promise.all(Object.entries(of).map(async ([name, one]) => [name, await body(one)]));
      return Object.fromEntries(all);
    }, { name: "each-" + runner, taskRunner });
    const withStores = each(stores, async (resultStorage) => {
      const kept = keep.with({ resultStorage }).submit(1);
      const rest = after.submit(kept);
      const found = find.with({ resultStorage }).submit(runner, 1);
      const failed = fail.with({ resultStorage }).submit(2);
      await found.wait();
      const again = find.with({ resultStorage }).submit(runner, 2);
      return { kept: await tell(kept), found: await tell(found), again: await tell(again), failed: await tell(failed), after: await tell(rest) };
    });
    const ofFlows = async (resultStorage) => {
      let hooks = "";
      const hook = (_flow, _run, { type, message }) => (hooks += type + " " + message);
      const options = { name: "own", taskRunner, resultStorage, onCrashed: hook, onFailure: hook, onCompletion: hook };
      const own = await tell(flow(() => ({ x: 1 }), { ...options, persistResult: true }).submit());
      const counted = await tell(flow(() => { keep.submit(1); after.submit(1); }, { name: "counted", taskRunner, resultStorage }).submit());
      return { own, counted, hooks };
    };
    const harmed = async (harm) => {
      const ended = await flow(async () => {
        const kept = keep.with({ resultStorage: results, cacheResultInMemory: false }).submit(1);
        const find1 = find.with({ resultStorage: results });
        const first = await tell(find1.submit("harmed", 1));
        await kept.wait();
        harm();
        const second = await tell(find1.submit("harmed", 2));
        const third = await tell(find1.submit("harmed", 3));
        return { first, second, third, kept: await tell(kept), after: await tell(after.submit(kept)) };
      }, { name: "harmed", taskRunner })();
      rmSync(place, { recursive: true, force: true });
      return ended;
    };
    const flows = {}, harmedBy = {};
    for (const name of ["down", "full", "file", "late"]) flows[name] = await ofFlows(stores[name]);
    for (const [name, harm] of Object.entries(harms)) harmedBy[name] = await harmed(harm);
    told[runner] = { stores: await withStores(), flows, harms: harmedBy };
  }
  await cluster.close();
  console.log(JSON.stringify(told));
`;

const RUNNERS = ["here", "cluster"] as const;
/** What each store that fails says of a result that it was to keep: code, and where and what to do. */
const PROBLEMS = (): readonly (readonly [string, string, string, string])[] => [
  [
    "down",
    "UNAVAILABLE",
    `${nowhere}/api/results/: connect ECONNREFUSED`,
    "check that it runs and that its address is right",
  ],
  ["silent", "TIMEOUT", `${host}/silent/: no answer within 0.1 s`, "look at it, or give it more time"],
  ["full", "FULL", `${host}/full/: the server answered HTTP 507`, "make room there, or raise its limit"],
  ["denied", "DENIED", `${host}/denied/: the server answered HTTP 403`, "give the scheduler's token"],
  ["file", "FAILED", `${join(folder.path, "script.mjs")}: ENOTDIR: not a directory`, "nor inside a file"],
];

const crashed = (code: string): unknown => ({
  states: "Pending,Running,Crashed",
  code: "HEDDLE_RUN_CRASHED",
  cause: `HEDDLE_STORAGE_${code}`,
});
const completed = (value: unknown): Ended => ({ states: "Pending,Running,Completed", value });
const cached = (value: unknown): Ended => ({ states: "Pending,Running,Cached", value });

describe.each(RUNNERS)("on the runner %s", (runner) => {
  it("a store that fails crashes what was to be kept, saying what, where and what to do, and nothing else", () => {
    const { stores } = told[runner];
    for (const [name, code, where, advice] of PROBLEMS()) {
      const { kept, found, again, failed, after } = stores[name]!;
      for (const run of [kept, found, again]) {
        expect(run).toMatchObject(crashed(code) as object);
        for (const text of [run.message, run.text]) {
          expect(text).toMatch(/cannot write [0-9a-f]{32}\/\d+ in /);
          expect(text).toContain(where);
          expect(text).toContain(advice);
        }
      }
      // The user's own error is what is told.
      expect(failed).toMatchObject({ states: "Pending,Running,Failed", message: "RangeError: its own 2" });
      expect(after).toMatchObject({
        states: "Pending,NotReady",
        message: expect.stringMatching(/^waits for keep-\d+, which ended as Crashed\(/) as string,
      });
    }
  });

  it("a cache that cannot be read only makes tasks run; one that answers late is used", () => {
    const { cut, late } = told[runner].stores;
    expect([cut!.kept, cut!.found, cut!.again]).toEqual([{ x: 1 }, { by: 1 }, { by: 2 }].map(completed));
    expect([late!.kept, late!.found]).toEqual([{ x: 1 }, { by: 1 }].map(completed));
    expect(late!.again).toEqual(cached({ by: 1 }));
  });

  it("a flow whose own result cannot be kept is Crashed; one whose tasks' cannot counts them", () => {
    const { late, ...failing } = told[runner].flows;
    expect(Object.keys(failing)).toHaveLength(3);
    for (const [name, { own, counted, hooks }] of Object.entries(failing)) {
      const [, code, where, advice] = PROBLEMS().find(([store]) => store === name)!;
      expect(own).toMatchObject(crashed(code) as object);
      expect(own.message).toMatch(/^\S+ crashed: cannot write [0-9a-f]{32}\/-1 in /);
      expect(own.message).toContain(where);
      expect(own.message).toContain(advice);
      expect(hooks).toBe(`Crashed ${own.message}`);
      expect(counted).toMatchObject({ states: "Pending,Running,Failed", message: "1/2 runs failed" });
      expect(counted.cause).toBe(`HEDDLE_STORAGE_${code}`);
    }
    expect(late).toEqual({
      own: completed({ x: 1 }),
      counted: { states: "Pending,Running,Completed" },
      hooks: "Completed undefined",
    });
  });

  it("results that are gone or garbage are misses to a cache, and errors to who asks for them", () => {
    const { harms } = told[runner];
    expect(Object.keys(harms)).toHaveLength(5);
    for (const [how, { first, second, third, kept, after }] of Object.entries(harms)) {
      expect(first).toEqual(completed({ by: 1 }));
      if (how === "a file") for (const run of [second, third]) expect(run).toMatchObject(crashed("FAILED") as object);
      else expect([second, third]).toEqual([completed({ by: 2 }), cached({ by: 2 })]);

      if (how === "garbage records") {
        expect([kept, after]).toEqual([completed({ x: 1 }), completed({ x: 1 })]);
        continue;
      }
      const code = how.includes("garbage") ? "HEDDLE_RESULT_CORRUPT" : "HEDDLE_RESULT_NOT_FOUND";
      // It did complete; only its result cannot be had.
      expect(kept).toMatchObject({ states: "Pending,Running,Completed", code });
      expect(kept.text).toMatch(/[0-9a-f]{32}\/0 /);
      expect(after).toMatchObject({ states: "Pending,Crashed", code: "HEDDLE_RUN_CRASHED", cause: code });
      expect(after.message).toContain(kept.text);
    }
  });

  it("the history has the same states and messages, and what was only warned of", () => {
    using reader = HistoryReader.open(join(folder.path, "history.db"));
    const { id, state } = reader.flowRuns().find(({ flow }) => flow === `each-${runner}`)!;
    // Its body returned a value: that tasks of it failed is its own affair.
    expect(state.type).toBe("Completed");
    const runs = reader.taskRuns(id, { limit: 1_000 });
    const names = Object.values(told[runner].stores)
      .flatMap((each) => Object.values(each))
      .map(({ states, message }) => [states, message]);
    const inHistory = runs.map(({ number, state: { message } }) => [
      ["Pending", ...reader.states(id, number).map(({ name }) => name)].join(),
      message,
    ]);
    expect(inHistory.sort()).toEqual(names.sort());

    const { lines } = reader.logs(id, { limit: 1_000 });
    const warnings = lines.filter(({ level }) => level === "warn").map(({ message }) => message);
    const about = (beginning: string): number =>
      warnings.filter((text) => text.startsWith(`${beginning}: StorageError: cannot `)).length;
    // Those that cannot be read, twice each: down, silent, denied, cut. Those that cannot be written: PROBLEMS.
    expect(about("the cache could not be read, so the task runs")).toBe(2 * 4);
    expect(about("the error could not be kept")).toBe(5);
    expect(warnings).toHaveLength(2 * 4 + 5);
  });
});
