import { describe, expect, it } from "vitest";
import { MessageError } from "../src/wire/fields.js";
import type { WireMessage } from "../src/wire/frame.js";
import { validateClientMessage, validateHello, validateWorkerMessage } from "../src/wire/validate.js";

const HASH = "a".repeat(64);
const bytes = (...values: number[]) => Uint8Array.from(values);
const ints = (...values: number[]) => Int32Array.from(values);
const floats = (...values: number[]) => Float64Array.from(values);

const submit = {
  op: "submit",
  graph: 0,
  graphSize: 3,
  last: true,
  lazy: false,
  first: 10,
  rows: 3,
  functions: [HASH, "builtin:identity"],
  functionOf: ints(0, 1, 0),
  groups: ["inc"],
  groupOf: 0,
  options: [{ priority: -1, retries: 2, workers: ["w"], resources: { GPU: 1 } }],
  optionsOf: ints(-1, 0, -1),
  keyLengths: ints(1, 2, 1),
  keys: bytes(97, 98, 98, 99),
  argLengths: 1,
  args: bytes(1, 2, 3),
  depCounts: ints(0, 1, 2),
  deps: ints(10, 4, 11),
  wanted: ints(0, 0, 1),
};
const finished = {
  op: "finished",
  tasks: ints(1, 2),
  runs: ints(5, 6),
  nbytes: floats(8, 9),
  startedAt: floats(1, 2),
  busy: ints(3, 4),
  waited: 0,
  fetched: 0,
  decoded: 0,
  threads: 0,
  inlineLengths: ints(-1, 2),
  inline: bytes(1, 2),
};
const ask = (what: object) => ({ op: "ask", id: 1, what });

const client = (message: object) => () => validateClientMessage(message as WireMessage);
const worker = (message: object) => () => validateWorkerMessage(message as WireMessage);

describe("messages of clients", () => {
  it.each([
    submit,
    {
      ...submit,
      rows: 0,
      graphSize: 0,
      functionOf: 0,
      optionsOf: 0,
      keyLengths: 0,
      keys: bytes(),
      argLengths: 0,
      args: bytes(),
      depCounts: 0,
      deps: ints(),
      wanted: 0,
      functions: [],
      groups: [],
      options: [],
    },
    { op: "define", definitions: [{ hash: HASH, bytes: bytes(1), needs: [HASH] }] },
    { op: "want", tasks: ints(1) },
    { op: "cancel", tasks: ints(), force: true },
    { op: "synced" },
    { op: "publish", topic: "run-1", events: bytes(1), dropped: 2 },
    { op: "subscribe", topics: ["run-1"] },
    { op: "acquire", lease: 1, name: "db", limit: 2, slots: 1, held: false, task: 7 },
    { op: "release", lease: 1 },
    ask({ what: "tasks", state: null, limit: 10 }),
    ask({ what: "whoHas", keys: null }),
    ask({ what: "run", function: HASH, args: bytes(), workers: ["w"] }),
  ])("lets good ones pass", (message) => expect(client(message)()).toBe(message));

  it.each<[string, object]>([
    ["an op of its prototype", { op: "constructor" }],
    ["an op of workers", finished],
    ["more rows than keys", { ...submit, rows: 4, graphSize: 4 }],
    ["a billion rows in no bytes", { ...submit, rows: 1e9, graphSize: 1e9, keyLengths: 0, keys: bytes() }],
    ["a graph smaller than its chunk", { ...submit, graphSize: 2 }],
    ["a function index out of range", { ...submit, functionOf: ints(0, 2, 0) }],
    ["a negative function index", { ...submit, functionOf: -1 }],
    ["a function that is no hash", { ...submit, functions: ["rm -rf", "builtin:identity"] }],
    ["a builtin that is none", { ...submit, functions: [HASH, "builtin:toString"] }],
    ["an option index out of range", { ...submit, optionsOf: 1 }],
    ["an unknown option", { ...submit, options: [{ prioritty: 1 }] }],
    ["an option of the wrong type", { ...submit, options: [{ retries: "2" }] }],
    ["key lengths that do not add up", { ...submit, keyLengths: ints(1, 1, 1) }],
    ["an empty key", { ...submit, keyLengths: ints(0, 2, 2) }],
    ["argument lengths that do not add up", { ...submit, argLengths: ints(1, 1, 2) }],
    ["a column of the wrong length", { ...submit, wanted: ints(1) }],
    ["a column of the wrong type", { ...submit, deps: floats(1, 2, 3) }],
    ["a task that depends on itself", { ...submit, deps: ints(11, 4, 11) }],
    ["a task that depends on a later one", { ...submit, deps: ints(10, 4, 99) }],
    ["a negative dependency", { ...submit, deps: ints(10, -4, 11) }],
    ["more dependencies than counted", { ...submit, depCounts: ints(0, 1, 1) }],
    ["a fractional constant", { ...submit, wanted: 0.5 }],
    ["a task number that is no number", { op: "want", tasks: [1] }],
    ["a negative task number", { op: "unwant", tasks: ints(-1) }],
    ["a missing flag", { op: "cancel", tasks: ints(1) }],
    ["a question that is none", ask({ what: "everything" })],
    ["a question of the prototype", ask({ what: "toString" })],
    ["no question", { op: "ask", id: 1 }],
    ["a key that is no string", ask({ what: "story", key: 7 })],
    ["a definition that is none", { op: "define", definitions: [null] }],
    ["too many events at once", { op: "publish", topic: "t", events: new Uint8Array(256 * 1024 + 1) }],
    ["a topic without a name", { op: "subscribe", topics: [""] }],
    ["a topic with too long a name", { op: "publish", topic: "t".repeat(201), events: bytes() }],
    ["a lease of nothing", { op: "acquire", lease: 1, name: "db", limit: 2, slots: 0, held: false }],
    ["a lease of which there are none", { op: "acquire", lease: 1, name: "db", limit: 0, slots: 1, held: false }],
    ["bytes that are none", { op: "define", definitions: [{ hash: HASH, bytes: "x", needs: [] }] }],
  ])("refuses %s", (_name, message) => expect(client(message)).toThrow(MessageError));
});

describe("messages of workers", () => {
  const failure = { kind: "error", message: "no", task: 1, run: 2, startedAt: 0, busy: 0, started: true };
  const printedLine = { time: 1, level: "info", text: "said", key: "a-1" };
  const beat = {
    op: "heartbeat",
    time: 1,
    rss: 1,
    managed: 1,
    spilled: 0,
    cpu: 0.5,
    executing: 0,
    ready: 0,
    fetching: 0,
    sentBytes: 0,
    receivedBytes: 0,
    bandwidth: [[0, 1e9]],
    fetched: [[0, 1e6]],
  };

  it.each([
    finished,
    beat,
    { op: "failed", failures: [failure, { ...failure, error: bytes(1), reschedule: true, data: { code: 1 } }] },
    { op: "begun", tasks: ints(1), runs: ints(2), threads: 0, startedAt: floats(3) },
    {
      op: "stopped",
      tasks: ints(1),
      runs: ints(2),
      startedAt: floats(3),
      busy: ints(4),
      waited: ints(0),
      threads: ints(1),
    },
    { op: "executing", tasks: ints(1, -1), startedAt: floats(3, 0) },
    { op: "printed", lines: [printedLine, { ...printedLine, key: "k".repeat(1_000), text: "t".repeat(4_000) }] },
    { op: "printed", lines: [] },
    { op: "publish", topic: "run-1", events: bytes() },
    { op: "revoked", tasks: ints(1), runs: ints(2), granted: bytes(1) },
    { op: "status", status: "paused", reason: "memory" },
    {
      op: "present",
      held: 1,
      running: 1,
      keyLengths: 1,
      keys: bytes(97, 98),
      tasks: ints(3, -1),
      runs: ints(-1, 4),
      nbytes: floats(8, 0),
    },
  ])("lets good ones pass", (message) => expect(worker(message)()).toBe(message));

  it.each<[string, object]>([
    ["an op of clients", submit],
    ["columns of different lengths", { ...finished, runs: ints(5) }],
    ["sizes that are not numbers", { ...finished, nbytes: floats(NaN, 1) }],
    ["inline lengths that do not add up", { ...finished, inlineLengths: ints(1, 2) }],
    ["a failure of no kind", { op: "failed", failures: [{ ...failure, kind: "boredom" }] }],
    ["a failure that is none", { op: "failed", failures: ["x"] }],
    ["an answer of the wrong length", { op: "revoked", tasks: ints(1), runs: ints(2), granted: bytes() }],
    ["a heartbeat of infinity", { ...beat, rss: Infinity }],
    ["a bandwidth that is no pair", { ...beat, bandwidth: [[1]] }],
    ["a printed line that is none", { op: "printed", lines: ["said"] }],
    ["a printed line of no level", { op: "printed", lines: [{ ...printedLine, level: "toString" }] }],
    ["a printed line of no time", { op: "printed", lines: [{ ...printedLine, time: NaN }] }],
    ["too long a printed line", { op: "printed", lines: [{ ...printedLine, text: "t".repeat(4_001) }] }],
    ["a printed line with too long a key", { op: "printed", lines: [{ ...printedLine, key: "k".repeat(1_001) }] }],
    ["too many printed lines", { op: "printed", lines: Array<object>(2_001).fill(printedLine) }],
    ["an unknown status", { op: "status", status: "bored", reason: "" }],
  ])("refuses %s", (_name, message) => expect(worker(message)).toThrow(MessageError));
});

describe("hello", () => {
  const base = { op: "hello", protocol: 1, id: "i", name: "n", heddle: "0.1.0", node: "v20", pid: 1 };
  const full = {
    ...base,
    role: "worker",
    host: "h",
    dataAddress: "ws://h:1",
    threads: 2,
    memoryLimit: 1e9,
    resources: { GPU: 1 },
    asyncPerThread: 256,
  };
  const hello = (message: object) => () => validateHello(message as WireMessage, 1);

  it("lets clients and workers pass, and another version untouched", () => {
    for (const message of [{ ...base, role: "client" }, full, { op: "hello", protocol: 2, anything: true }])
      expect(hello(message)()).toBe(message);
  });

  it.each<[string, object]>([
    ["another first message", { op: "goodbye" }],
    ["an unknown role", { ...base, role: "king" }],
    ["no version", { ...base, role: "client", protocol: undefined }],
    ["an empty id", { ...base, role: "client", id: "" }],
    ["a worker without threads", { ...full, threads: 0 }],
    ["a data address for another program", { ...full, dataAddress: "http://h:1" }],
    ["a resource that is no amount", { ...full, resources: { GPU: -1 } }],
  ])("refuses %s", (_name, message) => expect(hello(message)).toThrow(MessageError));
});
