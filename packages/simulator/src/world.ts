import type {
  ClientToScheduler,
  SchedulerToClient,
  SchedulerToWorker,
  WireMessage,
  WorkerToScheduler,
} from "@heddle/protocol";
import { DEFAULT_SETTINGS, SchedulerCore, type Instruction, type SchedulerEvent } from "@heddle/scheduler";
import { Clock } from "./clock.js";
import { Judge, Violation } from "./judge.js";
import { Link } from "./link.js";
import { Random } from "./random.js";
import { SimClient } from "./sim-client.js";
import { SimWorker } from "./sim-worker.js";

/** One scheduler, its workers and clients, on one clock. */
export class World {
  readonly clock = new Clock();
  readonly judge = new Judge();
  readonly random: Random;
  readonly workers: SimWorker[] = [];
  readonly clients: SimClient[] = [];
  /** Fetches fail now and then. */
  faults = true;
  trace: ((who: string, event: unknown) => void) | undefined;
  scheduler: SchedulerCore;
  events = 0;
  #epoch = 0;
  #schedulerUp = true;
  #nextWorker = 0;
  #nextClient = 0;
  #nextName = 0;
  readonly #workerLinks = new Map<number, Link>();
  readonly #clientLinks = new Map<number, Link>();

  constructor(seed: number) {
    this.random = new Random(seed);
    this.scheduler = this.#newScheduler(false);
    this.#tick();
  }

  newKey(): string {
    return `task-${this.#nextName++}`;
  }

  addWorker(): SimWorker {
    const gpu = this.workers.every((worker) => worker.resources["GPU"] === undefined) || this.random.chance(0.3);
    const worker = new SimWorker(this, `worker-${this.#nextName++}`, 1 + this.random.below(3), gpu ? { GPU: 1 } : {});
    this.workers.push(worker);
    this.#connectWorker(worker);
    return worker;
  }

  addClient(): SimClient {
    const client = new SimClient(this, `client-${this.#nextName++}`);
    this.clients.push(client);
    this.#connectClient(client);
    return client;
  }

  killWorker(worker: SimWorker): void {
    this.workers.splice(this.workers.indexOf(worker), 1);
    worker.die();
  }

  /** The scheduler's process ends; another takes its place. */
  restartScheduler(): void {
    if (!this.#schedulerUp) return;
    this.#schedulerUp = false;
    for (const link of [...this.#workerLinks.values(), ...this.#clientLinks.values()]) link.cut();
    this.#workerLinks.clear();
    this.#clientLinks.clear();
    this.clock.after(this.random.skewed(5, 300), () => {
      this.scheduler = this.#newScheduler(true);
      this.#schedulerUp = true;
    });
  }

  workerAt(address: string): SimWorker | undefined {
    return this.workers.find((worker) => worker.address === address);
  }

  /** A worker was told to stop. */
  stopped(worker: SimWorker, restart: boolean): void {
    this.killWorker(worker);
    if (restart) this.addWorker();
  }

  #newScheduler(recovering: boolean): SchedulerCore {
    this.#nextWorker = 0;
    this.#nextClient = 0;
    return new SchedulerCore({
      ...DEFAULT_SETTINGS,
      epoch: `epoch-${this.#epoch++}`,
      // Workers are killed at random: no task is to blame.
      allowedFailures: 200,
      reconnectGrace: 400,
      validate: true,
      recovering,
    });
  }

  #tick(): void {
    this.clock.after(100, () => {
      if (this.#schedulerUp) this.feed({ type: "tick" });
      this.#tick();
    });
  }

  feed(event: SchedulerEvent): void {
    this.events++;
    this.trace?.("scheduler", event);
    this.#perform(this.scheduler.handle(event, this.clock.now));
  }

  #perform(instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      switch (instruction.to) {
        case "worker":
          this.#workerLinks.get(instruction.worker)?.send(1, instruction.message satisfies SchedulerToWorker);
          break;
        case "client":
          this.#clientLinks.get(instruction.client)?.send(1, instruction.message satisfies SchedulerToClient);
          break;
        case "shell":
          if (instruction.action === "continue")
            this.clock.after(0, () => this.#schedulerUp && this.feed({ type: "continue" }));
          if (instruction.action === "dropWorker") this.#workerLinks.get(instruction.worker)?.cut();
          if (instruction.action === "log") throw new Violation(instruction.line);
      }
    }
  }

  #connectWorker(worker: SimWorker): void {
    this.clock.after(this.random.skewed(1, 60), () => {
      if (!worker.alive) return;
      if (!this.#schedulerUp) return this.#connectWorker(worker);
      const index = this.#nextWorker++;
      const { scheduler } = this;
      const rejoining = worker.core.epoch !== "";
      const link: Link = new Link(
        this.clock,
        this.random,
        {
          receive: (message: WireMessage) => {
            if (message.op === "welcome")
              worker.dispatch({ type: "connected", index, epoch: (message as { epoch?: string }).epoch!, rejoining });
            else worker.receive(message);
          },
          cut: () => {
            if (worker.link !== link) return;
            worker.link = undefined;
            worker.dispatch({ type: "disconnected" });
            this.#connectWorker(worker);
          },
        },
        {
          receive: (message: WireMessage) => {
            if (this.scheduler === scheduler)
              this.feed({ type: "workerMessage", worker: index, message: message as WorkerToScheduler });
          },
          cut: () => {
            // A successor's connections are numbered anew.
            if (this.#workerLinks.get(index) === link) this.#workerLinks.delete(index);
            if (this.scheduler !== scheduler || !this.#schedulerUp) return;
            this.feed({ type: "workerLeft", worker: index, expected: false, detail: "its connection broke" });
          },
        },
      );
      worker.link = link;
      this.#workerLinks.set(index, link);
      link.send(1, { op: "welcome", epoch: `epoch-${this.#epoch - 1}` } as WireMessage);
      this.feed({ type: "workerJoined", worker: index, name: worker.name, hello: worker.hello() });
    });
  }

  #connectClient(client: SimClient): void {
    this.clock.after(this.random.skewed(1, 60), () => {
      if (!this.#schedulerUp) return this.#connectClient(client);
      const index = this.#nextClient++;
      const { scheduler } = this;
      const link: Link = new Link(
        this.clock,
        this.random,
        {
          receive: (message: WireMessage) => {
            if (message.op === "welcome")
              client.feed({ type: "connected", epoch: (message as { epoch?: string }).epoch! });
            else client.receive(message);
          },
          cut: () => {
            if (client.link !== link) return;
            client.link = undefined;
            client.feed({ type: "disconnected" });
            this.#connectClient(client);
          },
        },
        {
          receive: (message: WireMessage) => {
            if (this.scheduler === scheduler)
              this.feed({ type: "clientMessage", client: index, message: message as ClientToScheduler });
          },
          cut: () => {
            if (this.#clientLinks.get(index) === link) this.#clientLinks.delete(index);
            if (this.scheduler === scheduler && this.#schedulerUp) this.feed({ type: "clientLeft", client: index });
          },
        },
      );
      client.link = link;
      this.#clientLinks.set(index, link);
      link.send(1, { op: "welcome", epoch: `epoch-${this.#epoch - 1}` } as WireMessage);
      this.feed({ type: "clientJoined", client: index, hello: client.hello() });
    });
  }
}
