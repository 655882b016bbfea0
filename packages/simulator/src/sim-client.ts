import { ClientCore, type ClientEvent, type ClientInstruction, type GraphChunk } from "@heddle/client/core";
import {
  PROTOCOL_VERSION,
  ValueDecoder,
  ValueEncoder,
  type ClientHello,
  type Location,
  type SchedulerToClient,
  type TaskOptions,
  type WireMessage,
} from "@heddle/protocol";
import type { Link } from "./link.js";
import { InputMark } from "./sim-threads.js";
import type { TaskArgument, TaskPlan, TaskValue } from "./workload.js";
import type { World } from "./world.js";

const DEFINITION = { hash: "sim", bytes: new Uint8Array([1]), needs: [] };
const text = new TextEncoder();

/** A client process: the real core, and a program that submits, releases, cancels and looks at results. */
export class SimClient {
  readonly core = new ClientCore();
  link: Link | undefined;
  /** Futures: plan by task number. */
  readonly held = new Map<number, TaskPlan>();
  readonly numbers = new Map<TaskPlan, number>();
  /** What the program cancelled itself, with what rested on it. */
  readonly cancelled = new Set<string>();
  readonly values = new Map<number, number>();
  #graph = 0;
  #ask = 0;
  readonly #asked = new Map<number, number[]>();
  readonly #encoder = new ValueEncoder({ dependencyOf: (value) => (value instanceof InputMark ? value.index : -1) });
  readonly #decoder = new ValueDecoder();

  constructor(
    readonly world: World,
    readonly name: string,
  ) {}

  hello(): ClientHello {
    return {
      op: "hello",
      protocol: PROTOCOL_VERSION,
      role: "client",
      id: this.name,
      name: this.name,
      heddle: "0",
      node: "0",
      pid: 0,
    };
  }

  receive(message: WireMessage): void {
    this.feed({ type: "message", message: message as SchedulerToClient });
  }

  feed(event: ClientEvent): void {
    this.world.trace?.(this.name, event);
    for (const instruction of this.core.handle(event, this.world.clock.now)) this.#perform(instruction);
  }

  /** Submits a graph in chunks, and holds futures on some of its tasks. */
  submit(plans: readonly TaskPlan[], hold: (plan: TaskPlan) => boolean, chunk: number): void {
    const graph = this.#graph++;
    for (let start = 0; start < plans.length; start += chunk) {
      const part = plans.slice(start, start + chunk);
      const first = this.core.nextTask;
      for (const plan of part) {
        const number = this.core.nextTask;
        const holding = hold(plan);
        this.feed({ type: "reserve", count: 1, held: holding });
        this.numbers.set(plan, number);
        if (holding) this.held.set(number, plan);
      }
      const columns = this.#columns(part, graph, plans.length, first, start + chunk >= plans.length);
      this.feed({ type: "submit", chunk: columns, definitions: [DEFINITION] });
    }
    this.feed({ type: "turn" });
  }

  release(number: number): void {
    this.held.delete(number);
    this.values.delete(number);
    this.feed({ type: "release", first: number, count: 1 });
    this.feed({ type: "turn" });
  }

  cancel(number: number): void {
    this.cancelled.add(this.held.get(number)!.key);
    this.feed({ type: "cancel", tasks: Int32Array.of(number), force: this.world.random.chance(0.3) });
    this.feed({ type: "turn" });
  }

  /** Asks where the results are that did not come along. */
  gather(): void {
    const tasks = [...this.held.keys()].filter(
      (task) => this.core.status(task) === "finished" && !this.values.has(task),
    );
    const far: number[] = [];
    for (const task of tasks) {
      const inline = this.core.inline(task);
      if (inline === undefined) far.push(task);
      else this.#got(task, this.#decoder.decode(inline.head, undefined, inline.offset) as TaskValue);
    }
    if (far.length === 0) return;
    const id = this.#ask++;
    this.#asked.set(id, far);
    this.feed({ type: "ask", id, question: { what: "locate", tasks: far } });
  }

  #got(task: number, value: TaskValue): void {
    this.values.set(task, value.value);
    this.world.judge.value(this.held.get(task)!, value.value);
  }

  #perform(instruction: ClientInstruction): void {
    switch (instruction.type) {
      case "send":
        this.link?.send(0, instruction.message);
        return;
      case "settled":
        // A result that is computed again is a new one.
        for (const task of instruction.tasks) this.values.delete(task);
        return;
      case "answered": {
        const asked = this.#asked.get(instruction.answer.id);
        if (asked === undefined) return;
        this.#asked.delete(instruction.answer.id);
        this.#fetch(asked, (instruction.answer.value ?? []) as readonly Location[]);
        return;
      }
      case "accepted":
      // Nobody here publishes, leases names or asks when runs were made.
      case "begun":
      case "granted":
      case "published":
      case "ran":
      case "unanswered":
      case "event":
    }
  }

  #fetch(tasks: readonly number[], locations: readonly Location[]): void {
    tasks.forEach((task, row) => {
      const location = locations[row];
      if (!this.held.has(task) || this.core.status(task) !== "finished") return;
      if (location === null || location === undefined) {
        this.feed({ type: "absent", task });
        return;
      }
      this.world.clock.after(this.world.random.skewed(0.1, 10), () => {
        const holder = this.world.workerAt(location.holders[0]?.address ?? "");
        const value = holder?.store.get(location.id);
        if (value !== undefined && this.held.has(task)) {
          this.#got(task, this.#decoder.decode(value.head, value.buffers) as TaskValue);
        }
      });
    });
  }

  #columns(plans: readonly TaskPlan[], graph: number, graphSize: number, first: number, last: boolean): GraphChunk {
    const options: TaskOptions[] = [];
    const optionsOf = plans.map((plan) => {
      const wish: TaskOptions = {
        ...(plan.retries > 0 ? { retries: plan.retries } : {}),
        ...(plan.priority !== 0 ? { priority: plan.priority } : {}),
        ...(plan.resources === undefined ? {} : { resources: plan.resources }),
      };
      return Object.keys(wish).length === 0 ? -1 : options.push(wish) - 1;
    });
    const keys = plans.map((plan) => text.encode(plan.key));
    const args = plans.map(({ key, salt, failures, duration, waits, padding, inputs }) => {
      const argument: TaskArgument = { key, salt, failures, duration, waits, padding };
      return this.#encoder.encode([argument, ...inputs.map((_, i) => new InputMark(i))]).head;
    });
    return {
      graph,
      graphSize,
      last,
      first,
      rows: plans.length,
      functions: [DEFINITION.hash],
      functionOf: 0,
      groups: ["sim"],
      groupOf: 0,
      options,
      optionsOf: Int32Array.from(optionsOf),
      keyLengths: Int32Array.from(keys, (key) => key.length),
      keys: Buffer.concat(keys),
      argLengths: Int32Array.from(args, (arg) => arg.length),
      args: Buffer.concat(args),
      depCounts: Int32Array.from(plans, (plan) => plan.inputs.length),
      deps: Int32Array.from(plans.flatMap((plan) => plan.inputs.map((input) => this.numbers.get(input)!))),
    };
  }
}
