import { Reviver, TravellingValues, disposePerWorker } from "@heddle/closures/revive";
import { ValueDecoder, ValueEncoder } from "@heddle/protocol/values";
import { installTaskRuntime } from "../../task/runtime.js";
import { RingReader, RingWriter } from "../byte-ring.js";
import { collectGarbage } from "../collector.js";
import { RunSlots } from "../run-slots.js";
import type { MessageToThread, ThreadData } from "../thread-messages.js";
import { ArgumentReader } from "./arguments.js";
import { Calls } from "./calls.js";
import { ErrorEncoder } from "./failure.js";
import { Functions } from "./functions.js";
import { Inbox, type Order } from "./inbox.js";
import { LeasedBuffers } from "./leased-buffers.js";
import { Reporter } from "./reporter.js";
import { ResultWriter } from "./result-writer.js";
import { RetainedResults } from "./retained.js";
import { Runner } from "./runner.js";
import type { Row } from "./row-queue.js";
import { SharedResults } from "./shared-results.js";
import { Showing } from "./showing.js";
import { watchStrays } from "./strays.js";
import {
  captureOutput,
  outputThroughPipe,
  outputThroughRing,
  taskLog,
  type PrintOutput,
  type WriteOutput,
} from "./task-output.js";

/** Before tasks have any: theirs is an end of their own making. */
const exit = process.exit.bind(process);

/** What an executor thread consists of, put together. */
export class ThreadWork {
  readonly #slots: RunSlots;
  readonly #reporter: Reporter;
  readonly #inbox: Inbox;
  readonly #reviver: Reviver;
  readonly #functions: Functions;
  readonly #shared = new SharedResults();
  readonly #leased: LeasedBuffers;
  readonly #runner: Runner;
  readonly #calls: Calls;
  readonly #showing: Showing;
  readonly #write: WriteOutput;
  #identity: ThreadData["worker"];

  constructor(data: ThreadData) {
    this.#identity = data.worker;
    this.#slots = new RunSlots(data.slots);
    this.#reporter = new Reporter(new RingWriter(data.outbox), data.port);
    this.#leased = new LeasedBuffers(this.#reporter);
    this.#inbox = new Inbox(new RingReader(data.inbox), data.port, {
      onWake: () => this.#runner.queueTurn(),
      onOrder: (order) => {
        try {
          this.#obey(order);
        } catch (error) {
          this.#broken(error, -1);
        }
      },
      onForget: (tasks) => this.#runner.forget(tasks),
      onBuffers: ({ buffers, leases }) => this.#leased.given(buffers, leases),
    });
    // Tasks that import this package get the part that is for them, and this very instance of it.
    this.#reviver = new Reviver({
      baseDir: data.baseDir,
      ...(data.worldDir === undefined ? {} : { worldDir: data.worldDir }),
      ...(data.packagesDir === undefined ? {} : { packagesDir: data.packagesDir }),
      self: { "@heddle/worker": () => import("../../task/index.js") },
    });
    this.#functions = new Functions(this.#reviver);
    this.#showing = new Showing(this.#reporter);
    this.#write = data.outputFd === undefined ? outputThroughRing(this.#reporter) : outputThroughPipe(data.outputFd);

    const travelling = new TravellingValues(() => this.#reviver);
    const { extensions } = travelling;
    // Errors travel as what every process knows: name, message, stack and own fields.
    const errors = new ErrorEncoder(
      [],
      (error) => this.#reviver.mapStack(error),
      (error) => this.#reviver.errorClasses(error),
    );
    const retained = new RetainedResults<Row>();
    this.#runner = new Runner({
      slots: this.#slots,
      inbox: this.#inbox,
      reporter: this.#reporter,
      functions: this.#functions,
      retained,
      errors,
      travelling,
      broken: (error, slot) => this.#broken(error, slot),
      results: new ResultWriter(new ValueEncoder({ extensions }), this.#shared, this.#leased, this.#reporter),
      arguments: new ArgumentReader(
        new ValueDecoder({ extensions }),
        new ValueDecoder({ extensions }),
        (task) => retained.take(task),
        data.validate,
      ),
      host: {
        slots: this.#slots,
        log: taskLog(this.#print, () => this.#runner.current()),
        workerName: () => this.#identity.name,
        progress: (task, done, total) => this.#reporter.post({ op: "progress", task, done, total }),
      },
    });
    this.#calls = new Calls(
      this.#runner,
      this.#functions,
      new ValueDecoder({ extensions }),
      errors,
      this.#reporter,
      travelling,
    );
  }

  /** @param early - messages that came before */
  start(early: readonly MessageToThread[]): void {
    const identity = (): ThreadData["worker"] => this.#identity;
    installTaskRuntime({
      get worker() {
        return identity();
      },
      current: () => this.#runner.current(),
      secede: (task) => this.#runner.secede(task),
      vacateSlot: (task) => this.#runner.vacateSlot(task),
      limitTime: (task, milliseconds) => this.#runner.limitTime(task, milliseconds),
      publish: (topic, events, mustArrive) => this.#reporter.publish(Buffer.from(topic), events, mustArrive),
      maxEvents: this.#reporter.maxEvents,
      evaluating: () => this.#reviver.evaluating(),
      allocateShared: (bytes) => this.#shared.allocate(bytes),
    });
    captureOutput(this.#print, () => this.#runner.current());
    watchStrays(this.#runner, this.#slots, this.#print);
    this.#reporter.post({ op: "loaded" });
    for (const message of early) this.#inbox.take(message);
    this.#runner.queueTurn();
  }

  readonly #print: PrintOutput = (run, stream, text, level = stream === "stdout" ? "info" : "warn") => {
    this.#write(run?.id ?? -1, stream, text);
    this.#showing.show(level, run, text);
  };

  #obey(order: Order): void {
    switch (order.op) {
      case "define":
        this.#functions.define(order.definitions);
        break;
      case "undefine":
        this.#functions.undefine(order.hashes);
        break;
      case "stop":
        this.#slots.answerProbe(order.probe);
        this.#runner.stop(order.slot, order.expired);
        break;
      case "collect":
        if (order.major) this.#shared.dropFree();
        collectGarbage(order.major);
        break;
      case "call":
        void this.#calls.call(order.id, order.hash, order.args);
        break;
      case "identify":
        this.#identity = order.worker;
        break;
      case "listen":
        this.#showing.listen(order.perSecond);
        break;
      case "alone":
        this.#runner.alone();
        break;
      case "recycle":
        this.#shared.recycle(order.buffers);
        break;
      case "close":
        void this.#close();
        break;
    }
  }

  /** This thread cannot be relied on any more: what it had is reported, and placed again, by the control thread. */
  #broken(error: unknown, slot: number): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#reporter.post({ op: "broken", slot, message: text });
    exit(1);
  }

  async #close(): Promise<void> {
    try {
      await disposePerWorker();
    } catch (error) {
      this.#print(undefined, "stderr", `a perWorker value could not be disposed of: ${String(error)}\n`);
    }
    await this.#reviver.dispose();
    this.#reporter.post({ op: "closed" });
  }
}
