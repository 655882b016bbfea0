/** What an executor thread runs. Threads start often, and are waited for: the imports are few, and light. */
import { ValueDecoder, ValueEncoder, type CodecExtension } from "@heddle/protocol/values";
import { Reviver, disposePerWorker } from "@heddle/closures/revive";
import { workerData } from "node:worker_threads";
import * as task from "../../task/index.js";
import { installTaskRuntime, type RunningTask } from "../../task/runtime.js";
import { RingReader, RingWriter } from "../byte-ring.js";
import { RunSlots } from "../run-slots.js";
import { Left, type ThreadData } from "../thread-messages.js";
import { ArgumentReader } from "./arguments.js";
import { Calls } from "./calls.js";
import { ErrorEncoder } from "./failure.js";
import { Functions } from "./functions.js";
import { Inbox, type Order } from "./inbox.js";
import { LeasedBuffers } from "./leased-buffers.js";
import { Reporter } from "./reporter.js";
import { ResultWriter } from "./result-writer.js";
import { RetainedResults } from "./retained.js";
import { Runner, type WaitingRow } from "./runner.js";
import { SharedResults } from "./shared-results.js";
import { watchStrays } from "./strays.js";
import { TaskRun } from "./task-run.js";
import { captureOutput, outputThroughPipe, outputThroughRing, taskLog } from "./task-output.js";

const data = workerData as ThreadData;
let identity = data.worker;

const slots = new RunSlots(data.slots);
const reporter = new Reporter(new RingWriter(data.outbox), data.port);
// Tasks that import this package get its light part, in this instance.
const reviver = new Reviver({ baseDir: data.baseDir, self: { "@heddle/worker": () => task } });
const functions = new Functions(reviver);
const extensions: readonly CodecExtension[] = [];
const errors = new ErrorEncoder(extensions, (error) => reviver.mapStack(error));
const shared = new SharedResults();
const leased = new LeasedBuffers(reporter);
const retained = new RetainedResults<WaitingRow>();

const inbox = new Inbox(new RingReader(data.inbox), data.port, {
  onWake: () => runner.turn(),
  onOrder: obey,
  onBuffers: ({ buffers, leases }) => leased.add(buffers, leases),
});

const write = data.outputFd === undefined ? outputThroughRing(reporter) : outputThroughPipe(data.outputFd);
const currentId = (): number => runner.current()?.id ?? -1;

const runner = new Runner({
  slots,
  inbox,
  reporter,
  functions,
  retained,
  errors,
  results: new ResultWriter(new ValueEncoder({ extensions }), shared, reporter),
  arguments: new ArgumentReader(
    new ValueDecoder({ extensions }),
    new ValueDecoder({ extensions }),
    (task) => retained.take(task),
    data.validate,
  ),
  host: {
    slots,
    log: taskLog(write, currentId),
    workerName: () => identity.name,
    progress: (id, done, total) => reporter.post({ op: "progress", task: id, done, total }),
  },
});
const calls = new Calls(runner, functions, new ValueDecoder({ extensions }), errors, reporter, extensions);

installTaskRuntime({
  get worker() {
    return identity;
  },
  current: () => runner.current(),
  secede: async (run) => runner.secede(asRun(run)),
  vacateSlot: (run) => vacate(asRun(run)),
  allocateShared: (bytes) => shared.allocate(bytes),
});
captureOutput(write, currentId);
watchStrays(runner, slots, write);

function obey(order: Order): void {
  switch (order.op) {
    case "define":
      functions.define(order.definitions);
      break;
    case "stop":
      slots.answerProbe(order.probe);
      runner.stop(order.slot, order.expired);
      break;
    case "forget":
      runner.forget(order.tasks);
      break;
    case "collect":
      leased.collect(order.major);
      break;
    case "call":
      void calls.call(order.id, order.hash, order.args);
      break;
    case "identify":
      identity = order.worker;
      break;
    case "alone":
      runner.alone();
      break;
    case "recycle":
      shared.recycle(order.buffers);
      break;
    case "close":
      void close();
      break;
  }
}

function asRun(run: RunningTask): TaskRun {
  if (!(run instanceof TaskRun)) throw new TypeError("this task runs on another thread");
  return run;
}

function vacate(run: TaskRun): () => void {
  if (run.waits++ === 0) reporter.seceded(run.slot, Left.vacated);
  let isBack = false;
  return () => {
    if (isBack || run.isOver) return;
    isBack = true;
    if (--run.waits === 0) reporter.seceded(run.slot, Left.back);
  };
}

async function close(): Promise<void> {
  try {
    await disposePerWorker();
  } catch (error) {
    write(-1, "stderr", `a perWorker value could not be disposed of: ${String(error)}\n`);
  }
  await reviver.dispose();
  reporter.post({ op: "closed" });
}

reporter.post({ op: "ready" });
runner.turn();
