/**
 * A worker that does no work: it answers every task at once with the same small value, decoding neither function nor arguments.
 * What is left of a task's cost is the client's, the scheduler's and the wire's.
 */
import { hostname } from "node:os";
import {
  HEDDLE_VERSION,
  PROTOCOL_VERSION,
  RunFlag,
  ValueEncoder,
  at,
  connect,
  type ComputeTasks,
  type RevokeRuns,
  type RunsFinished,
  type SchedulerToWorker,
  type WorkerToScheduler,
} from "@heddle/protocol";

process.on("disconnect", () => process.exit());

/** What every task gives. */
const VALUE = new ValueEncoder().encode(0).head;
const [address, name] = process.argv.slice(2) as [string, string];
let answered = 0;

const connection = await connect(address, {
  op: "hello",
  protocol: PROTOCOL_VERSION,
  role: "worker",
  id: `${name}-${process.pid}`,
  name,
  heddle: HEDDLE_VERSION,
  node: process.version,
  pid: process.pid,
  host: hostname(),
  // Nobody fetches anything: every result that a client wants goes with the report.
  dataAddress: "ws://127.0.0.1:1",
  threads: 1,
  memoryLimit: 2 ** 31,
  resources: {},
  asyncPerThread: 256,
});

const channel = connection.open<WorkerToScheduler, SchedulerToWorker>({
  onMessages: (messages) => messages.forEach(answer),
  onClose: () => process.exit(),
});

function answer(message: SchedulerToWorker): void {
  switch (message.op) {
    case "compute":
      answered += message.rows;
      channel.send(finished(message));
      return;
    case "revoke":
      channel.send(keep(message));
      return;
    case "call":
      channel.send({ op: "returned", id: message.id, ok: true, bytes: VALUE });
      return;
    case "stop":
      process.exit();
      break;
    case "define":
    case "undefine":
    case "free":
    case "cancel":
    case "holders":
    case "peers":
    case "replicate":
    case "adopt":
    case "watch":
    case "listen":
      // There is nothing to keep, to stop or to fetch.
      return;
  }
}

function finished({ rows, tasks, runs, flags }: ComputeTasks): RunsFinished {
  const inlineLengths = new Int32Array(rows);
  const inline: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const wanted = (at(flags, row) & RunFlag.inline) !== 0;
    inlineLengths[row] = wanted ? VALUE.length : -1;
    if (wanted) inline.push(VALUE);
  }
  return {
    op: "finished",
    // Copied: what arrived are views on a frame.
    tasks: tasks.slice(),
    runs: runs.slice(),
    nbytes: new Float64Array(rows).fill(VALUE.length),
    startedAt: new Float64Array(rows).fill(Date.now()),
    busy: new Int32Array(rows),
    waited: 0,
    fetched: 0,
    decoded: 0,
    threads: 0,
    inlineLengths,
    inline: Buffer.concat(inline),
  };
}

/** Everything has been answered already, so nothing can be given back. */
function keep({ tasks, runs }: RevokeRuns): WorkerToScheduler {
  return { op: "revoked", tasks: tasks.slice(), runs: runs.slice(), granted: new Uint8Array(tasks.length) };
}

const started = process.cpuUsage();
setInterval(() => {
  const { user, system } = process.cpuUsage(started);
  channel.send({
    op: "heartbeat",
    time: performance.timeOrigin + performance.now(),
    rss: process.memoryUsage.rss(),
    managed: 0,
    spilled: 0,
    cpu: (user + system) / 1e6 / process.uptime(),
    executing: 0,
    ready: 0,
    fetching: 0,
    sentBytes: 0,
    receivedBytes: 0,
    bandwidth: [],
    fetched: [],
  });
}, connection.welcome.heartbeat);

process.on("message", () => process.send!(answered));
process.send!(answered);
