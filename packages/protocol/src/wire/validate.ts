/**
 * What a peer says is checked where it comes in: columns agree in length, indices are within range, strings are where strings are
 * due. Behind this edge nobody checks again. Whether a task or worker number exists is for the receiver's state to know.
 */
import { at } from "../messages/columns.js";
import { BUILTIN_PREFIX, Builtin } from "../messages/definitions.js";
import type { FailureKind, TaskOptions } from "../messages/tasks.js";
import type { ClientToScheduler, Question } from "../messages/client.js";
import type { Hello } from "../messages/handshake.js";
import {
  MAX_PRINTED_KEY,
  MAX_PRINTED_LINES,
  MAX_PRINTED_TEXT,
  PRINTED_LEVELS,
  type PrintedLine,
} from "../messages/printed.js";
import type { WorkerToScheduler } from "../messages/worker.js";
import { MAX_EVENT_BYTES, MAX_TOPIC } from "../messages/topics.js";
import { Fields, MessageError, isRecord } from "./fields.js";
import type { WireMessage } from "./frame.js";

/**
 * The message, when it is one a client may send.
 *
 * @throws MessageError naming the message and the field that is wrong.
 */
export function validateClientMessage(message: WireMessage): ClientToScheduler {
  if (!Object.hasOwn(CLIENT_MESSAGES, message.op)) throw new MessageError(message.op, "a client does not send this");
  CLIENT_MESSAGES[message.op as ClientToScheduler["op"]](new Fields(message, message.op));
  return message as ClientToScheduler;
}

/**
 * The message, when it is one a worker may send.
 *
 * @throws MessageError naming the message and the field that is wrong.
 */
export function validateWorkerMessage(message: WireMessage): WorkerToScheduler {
  if (!Object.hasOwn(WORKER_MESSAGES, message.op)) throw new MessageError(message.op, "a worker does not send this");
  WORKER_MESSAGES[message.op as WorkerToScheduler["op"]](new Fields(message, message.op));
  return message as WorkerToScheduler;
}

/**
 * The hello, when it is one. Only `protocol` and `role` are looked at in a hello of another version: nothing else of it is ours
 * to judge.
 *
 * @throws MessageError
 */
export function validateHello(message: WireMessage, ownProtocol: number): Hello {
  const fields = new Fields(message, message.op);
  if (message.op !== "hello") throw new MessageError(message.op, "a connection begins with hello");
  if (fields.integer("protocol") !== ownProtocol) return message as Hello;
  const role = fields.text("role");
  if (role !== "client" && role !== "worker") fields.fail("role", '"client" or "worker"');
  for (const field of ["id", "heddle", "node"]) if (fields.text(field) === "") fields.fail(field, "a name");
  fields.integer("pid");
  if (role === "client") {
    fields.text("name");
    if (fields.has("insideTask")) fields.integer("insideTask");
    return message as Hello;
  }
  if (fields.has("name") && fields.text("name") === "") fields.fail("name", "a name");
  if (!/^wss?:\/\//.test(fields.text("dataAddress"))) fields.fail("dataAddress", "a ws:// or wss:// address");
  fields.text("host");
  fields.integer("threads", 1);
  fields.amount("memoryLimit");
  amounts(fields, "resources");
  fields.integer("asyncPerThread");
  if (fields.has("lastEpoch")) fields.text("lastEpoch");
  return message as Hello;
}

const HASH = /^[0-9a-f]{64}$/;

function isFunctionName(name: string): boolean {
  return (
    HASH.test(name) || (name.startsWith(BUILTIN_PREFIX) && Object.hasOwn(Builtin, name.slice(BUILTIN_PREFIX.length)))
  );
}

const CLIENT_MESSAGES: { readonly [Op in ClientToScheduler["op"]]: (fields: Fields) => void } = {
  define(fields) {
    for (const [index, definition] of fields.list("definitions").entries()) {
      if (!isRecord(definition)) fields.fail(`definitions[${index}]`, "a definition");
      const part = new Fields(definition as object, `define.definitions[${index}]`);
      if (!HASH.test(part.text("hash"))) part.fail("hash", "a sha256");
      part.bytes("bytes");
      for (const hash of part.texts("needs")) if (!HASH.test(hash)) part.fail("needs", "a list of sha256");
    }
  },

  forget: (fields) => void fields.texts("hashes"),

  submit(fields) {
    const first = fields.integer("first");
    const rows = fields.integer("rows", 0, 2 ** 31 - 1 - first);
    fields.integer("graph");
    fields.integer("graphSize", rows);
    fields.flag("last");
    fields.flag("lazy");
    const functions = fields.texts("functions");
    for (const name of functions) if (!isFunctionName(name)) fields.fail("functions", "a list of definitions");
    fields.column("functionOf", rows, 0, functions.length - 1);
    fields.column("groupOf", rows, 0, fields.texts("groups").length - 1);
    const options = fields.list("options");
    options.forEach((each, index) => taskOptions(each, fields, index));
    fields.column("optionsOf", rows, -1, options.length - 1);
    // A key has at least one byte, so that a frame cannot claim more rows than it has bytes.
    keys(fields, rows);
    fields.lengths("argLengths", rows, fields.bytes("args").length);
    dependencies(fields, first, rows);
    fields.column("wanted", rows, 0, 1);
  },

  want: (fields) => void fields.ints("tasks"),
  unwant: (fields) => void fields.ints("tasks"),
  cancel(fields) {
    fields.ints("tasks");
    fields.flag("force");
  },
  retry: (fields) => void fields.ints("tasks"),

  addData(fields) {
    const first = fields.integer("first");
    const rows = fields.integer("rows", 0, 2 ** 31 - 1 - first);
    keys(fields, rows);
    fields.ints("ids", rows, -1);
    fields.floats("nbytes", rows);
    fields.lengths("holderCounts", rows, fields.ints("holders").length);
  },

  synced() {},
  goodbye() {},

  publish: published,
  subscribe: (fields) => fields.texts("topics").forEach((topic) => checkTopic(fields, "topics", topic)),
  unsubscribe: (fields) => void fields.texts("topics"),

  acquire(fields) {
    fields.integer("lease");
    if (fields.text("name") === "") fields.fail("name", "a name");
    fields.integer("limit", 1);
    fields.integer("slots", 1);
    fields.flag("held");
    if (fields.has("task")) fields.integer("task");
  },
  release: (fields) => void fields.integer("lease"),

  ask(fields) {
    fields.integer("id", 0, Number.MAX_SAFE_INTEGER);
    const question = fields.record("what");
    const name = String(question["what"]);
    if (!Object.hasOwn(QUESTIONS, name)) throw new MessageError("ask", `there is no question ${JSON.stringify(name)}`);
    QUESTIONS[name as Question["what"]](new Fields(question, `ask ${name}`));
  },
};

const numbers = (fields: Fields, field: string): void => {
  for (const item of fields.list(field))
    if (!Number.isInteger(item) || (item as number) < 0) fields.fail(field, "a list of task numbers");
};

const QUESTIONS: { readonly [What in Question["what"]]: (fields: Fields) => void } = {
  identity() {},
  workers() {},
  versions() {},
  restart() {},
  shutdown() {},
  locate: (fields) => numbers(fields, "tasks"),
  fireAndForget: (fields) => numbers(fields, "tasks"),
  whoHas: (fields) => void fields.textsOrNull("keys"),
  nbytes: (fields) => void fields.textsOrNull("keys"),
  tasks(fields) {
    if (fields.value("state") !== null) fields.text("state");
    fields.integer("limit", 0, Number.MAX_SAFE_INTEGER);
  },
  story: (fields) => void fields.text("key"),
  explain: (fields) => void fields.text("key"),
  reserve(fields) {
    fields.integer("count");
    fields.textsOrNull("workers");
  },
  run(fields) {
    if (!HASH.test(fields.text("function"))) fields.fail("function", "a definition");
    fields.bytes("args");
    fields.textsOrNull("workers");
  },
  cancelKeys(fields) {
    fields.texts("keys");
    fields.flag("force");
  },
  retireWorkers: (fields) => void fields.texts("workers"),
};

const FAILURE_KINDS: { readonly [K in FailureKind]: true } = {
  error: true,
  timeout: true,
  memory: true,
  exited: true,
  unencodable: true,
  definition: true,
  inputs: true,
  killedWorker: true,
  noWorker: true,
  lostData: true,
  conflict: true,
  rerun: true,
  internal: true,
};

const WORKER_MESSAGES: { readonly [Op in WorkerToScheduler["op"]]: (fields: Fields) => void } = {
  finished(fields) {
    const rows = fields.ints("tasks").length;
    fields.ints("runs", rows);
    fields.floats("nbytes", rows);
    fields.floats("startedAt", rows);
    fields.ints("busy", rows);
    fields.column("waited", rows);
    fields.column("fetched", rows);
    fields.column("decoded", rows);
    fields.column("threads", rows);
    fields.lengths("inlineLengths", rows, fields.bytes("inline").length, -1);
  },

  failed(fields) {
    for (const [index, failure] of fields.list("failures").entries()) {
      if (!isRecord(failure)) fields.fail(`failures[${index}]`, "a failure");
      const part = new Fields(failure as object, `failed.failures[${index}]`);
      part.integer("task");
      part.integer("run");
      if (!Object.hasOwn(FAILURE_KINDS, part.text("kind"))) part.fail("kind", "a kind of failure");
      part.text("message");
      part.amount("startedAt");
      part.amount("busy");
      part.flag("started");
      if (part.has("error")) part.bytes("error");
      if (part.has("origin")) part.text("origin");
      if (part.has("data")) part.record("data");
      if (part.has("thread")) part.integer("thread");
      for (const time of ["waited", "fetched", "decoded"]) if (part.has(time)) part.amount(time);
      if (part.has("reschedule")) part.flag("reschedule");
      if (part.has("isFinal")) part.flag("isFinal");
    }
  },

  stopped(fields) {
    const rows = fields.ints("tasks").length;
    fields.ints("runs", rows);
    fields.floats("startedAt", rows);
    for (const field of ["busy", "waited", "threads"]) fields.ints(field, rows);
  },

  revoked(fields) {
    const rows = fields.ints("tasks").length;
    fields.ints("runs", rows);
    fields.bytes("granted", rows);
  },

  seceded(fields) {
    const rows = fields.ints("tasks").length;
    fields.ints("runs", rows);
    fields.bytes("left", rows);
  },

  begun(fields) {
    const rows = fields.ints("tasks").length;
    fields.ints("runs", rows);
    fields.floats("startedAt", rows);
    fields.column("threads", rows);
  },
  executing(fields) {
    fields.floats("startedAt", fields.ints("tasks", undefined, -1).length);
  },
  publish: published,

  printed(fields) {
    const lines = fields.list("lines");
    if (lines.length > MAX_PRINTED_LINES) fields.fail("lines", `at most ${MAX_PRINTED_LINES} lines`);
    for (const [index, line] of lines.entries()) {
      if (!isRecord(line)) fields.fail(`lines[${index}]`, "a line");
      const part = new Fields(line as object, `printed.lines[${index}]`);
      part.amount("time");
      if (!PRINTED_LEVELS.includes(part.text("level") as PrintedLine["level"])) part.fail("level", "a level");
      if (part.text("text").length > MAX_PRINTED_TEXT) part.fail("text", `at most ${MAX_PRINTED_TEXT} characters`);
      if (part.has("key") && part.text("key").length > MAX_PRINTED_KEY)
        part.fail("key", `at most ${MAX_PRINTED_KEY} characters`);
    }
  },

  missing: (fields) => void fields.ints("holders", fields.ints("tasks").length),
  added: (fields) => void fields.floats("nbytes", fields.ints("tasks").length),
  dropped: (fields) => void fields.ints("tasks"),

  present(fields) {
    const rows = fields.integer("held") + fields.integer("running");
    keys(fields, rows);
    fields.ints("tasks", rows, -1);
    fields.ints("runs", rows, -1);
    fields.floats("nbytes", rows);
  },

  heartbeat(fields) {
    for (const field of [
      "time",
      "rss",
      "managed",
      "spilled",
      "cpu",
      "executing",
      "ready",
      "fetching",
      "sentBytes",
      "receivedBytes",
    ])
      fields.amount(field);
    for (const field of ["bandwidth", "fetched"])
      for (const pair of fields.list(field))
        if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((item) => Number.isFinite(item) && item >= 0))
          fields.fail(field, "a list of pairs");
  },

  status(fields) {
    if (!["running", "paused", "closing"].includes(fields.text("status"))) fields.fail("status", "a status");
    fields.text("reason");
  },

  returned(fields) {
    fields.integer("id", 0, Number.MAX_SAFE_INTEGER);
    fields.flag("ok");
    fields.bytes("bytes");
  },
};

function published(fields: Fields): void {
  checkTopic(fields, "topic", fields.text("topic"));
  if (fields.bytes("events").length > MAX_EVENT_BYTES) fields.fail("events", `at most ${MAX_EVENT_BYTES} bytes`);
  if (fields.has("dropped")) fields.integer("dropped");
  if (fields.has("mustArrive")) fields.flag("mustArrive");
}

function checkTopic(fields: Fields, field: string, topic: string): void {
  if (topic === "" || topic.length > MAX_TOPIC) fields.fail(field, `a name of at most ${MAX_TOPIC} characters`);
}

function keys(fields: Fields, rows: number): void {
  const total = fields.bytes("keys").length;
  const lengths = fields.column("keyLengths", rows, 1);
  if (typeof lengths === "number" ? rows > 0 && lengths * rows !== total : sum(lengths) !== total)
    fields.fail("keyLengths", `lengths of ${total} together`);
}

function sum(column: Int32Array): number {
  let total = 0;
  for (let row = 0; row < column.length; row++) total += column[row]!;
  return total;
}

/** Every dependency has a lower number than its task, so no submission can hold a cycle. */
function dependencies(fields: Fields, first: number, rows: number): void {
  const deps = fields.ints("deps");
  const counts = fields.lengths("depCounts", rows, deps.length);
  let offset = 0;
  for (let row = 0; row < rows; row++)
    for (const end = offset + at(counts, row); offset < end; offset++)
      if (deps[offset]! >= first + row) fields.fail(`deps[${offset}]`, "the number of an earlier task");
}

function amounts(fields: Fields, field: string): void {
  for (const value of Object.values(fields.record(field)))
    if (typeof value !== "number" || !(value >= 0 && value < Infinity)) fields.fail(field, "amounts by name");
}

const OPTION_CHECKS: { readonly [Name in keyof Required<TaskOptions>]: (fields: Fields) => void } = {
  priority(fields) {
    if (!Number.isInteger(fields.value("priority"))) fields.fail("priority", "a whole number");
  },
  retries: (fields) => void fields.integer("retries"),
  timeout: (fields) => void fields.amount("timeout"),
  workers: (fields) => void fields.texts("workers"),
  allowOtherWorkers: (fields) => void fields.flag("allowOtherWorkers"),
  resources: (fields) => amounts(fields, "resources"),
  annotations: (fields) => void fields.record("annotations"),
  copyInputs: (fields) => void fields.flag("copyInputs"),
  idempotent: (fields) => void fields.flag("idempotent"),
  restores: (fields) => void fields.flag("restores"),
};

function taskOptions(options: unknown, fields: Fields, index: number): void {
  if (!isRecord(options)) return fields.fail(`options[${index}]`, "an object of options");
  const part = new Fields(options, `submit.options[${index}]`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(OPTION_CHECKS, name)) part.fail(name, "an option of tasks");
    if (part.has(name)) OPTION_CHECKS[name as keyof TaskOptions](part);
  }
}
