/**
 * The shell around the client's core: it feeds the core what the program does and what the scheduler says, performs what the core
 * returns, and tells whoever waits.
 */
import { randomUUID } from "node:crypto";
import {
  HEDDLE_VERSION,
  PROTOCOL_VERSION,
  fromPlainError,
  type Answer,
  type ClusterEvent,
  type CodecExtension,
  type DefinitionRecord,
  type EventsPublished,
  type Question,
  type SchedulerToClient,
  type TaskOptions,
  type TasksBegun,
  type TasksFinished,
  type Welcome,
} from "@heddle/protocol";
import { vacateSlot } from "@heddle/worker/task";
import { ClientCore } from "../core/client-core.js";
import type { ClientEvent, DataRows, GraphChunk, TaskStatus } from "../core/events.js";
import type { Delayed } from "../delayed/delayed.js";
import { ClientClosedError, ConnectionLostError } from "../errors/connection.js";
import { ForeignFutureError, ReleasedFutureError } from "../errors/usage.js";
import type { Recipe } from "../graph/recipe.js";
import { Submission, type SubmissionTarget } from "../graph/submission.js";
import { Future, isReleased, sessionOf } from "./future.js";
import { keepAlive } from "./keep-alive.js";
import { Leases } from "./leases.js";
import { Link, type Endpoint } from "./link.js";
import { Results } from "./results.js";
import { Settlement, type TaskList, type Until } from "./settlement.js";
import type { Transfer } from "./transfer.js";
import { Watches, type Watch } from "./watches.js";

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly name: string;
  /** Id of the task this client was made in. */
  readonly insideTask?: number | undefined;
  readonly extensions: readonly CodecExtension[];
  readonly transfer: Transfer;
}

/** Task numbers that go when what refers to them is collected. */
interface Holding {
  readonly first: number;
  readonly count: number;
}

/** Keeps account of when and where tasks run. Called before whoever waits for the tasks; must not throw. */
export interface RunAccount {
  ran(runs: TasksFinished): void;
  /** Runs that last. */
  begun(runs: TasksBegun): void;
}

interface Asked {
  readonly what: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export class Session implements SubmissionTarget {
  readonly core = new ClientCore();
  readonly results: Results;
  readonly watches = new Watches();
  /** Resolves when it is connected for the first time. */
  readonly ready: Promise<void>;
  readonly endpoint: Endpoint;
  readonly #link: Link;
  readonly #submission: Submission;
  readonly #transfer: Transfer;
  readonly #insideTask: boolean;
  readonly #asked = new Map<number, Asked>();
  /** Told when and where tasks of this session run. */
  account: RunAccount | undefined;
  readonly #topics = new Map<string, (news: EventsPublished) => void>();
  readonly #leases: Leases;
  readonly #eventListeners = new Set<(event: ClusterEvent) => void>();
  readonly #collected = new FinalizationRegistry<Holding>(({ first, count }) => this.release(first, count));
  #nextAsk = 1;
  #turn: NodeJS.Immediate | undefined;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;
  #isReady!: () => void;
  #isUnreachable!: (error: Error) => void;

  constructor(options: SessionOptions) {
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isUnreachable = reject;
    });
    // Whoever awaits it hears of it; nobody has to.
    this.ready.catch(() => {});
    this.endpoint = options.endpoint;
    this.#transfer = options.transfer;
    this.#insideTask = options.insideTask !== undefined;
    this.#leases = new Leases((event) => this.#feed(event), this.#insideTask);
    this.#submission = new Submission(this, options.extensions);
    this.results = new Results(this, options.transfer);
    const hello = {
      op: "hello",
      protocol: PROTOCOL_VERSION,
      role: "client",
      id: randomUUID(),
      name: options.name,
      heddle: HEDDLE_VERSION,
      node: process.version,
      pid: process.pid,
      ...(options.insideTask === undefined ? {} : { insideTask: options.insideTask }),
    } as const;
    this.#link = new Link(options.endpoint, hello, {
      connected: (welcome) => this.#connected(welcome),
      messages: (batch) => this.#received(batch),
      disconnected: () => this.#feed({ type: "disconnected" }),
      failed: (error) => this.#fail(error),
    });
  }

  get address(): string {
    return this.#link.address;
  }

  /** Why nothing that is pending will ever settle: it was closed, or the scheduler cannot be reached any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  // ---- submitting

  /** @throws ClientClosedError, and what capturing and encoding throw */
  submit(recipe: Recipe, args: readonly unknown[]): Future<unknown> {
    this.#checkOpen("submit");
    const task = this.#submission.call(recipe, args);
    this.#endTurn();
    return this.#futureOf(task);
  }

  map(recipe: Recipe, lists: readonly (readonly unknown[])[], rows: number): Future<unknown>[] {
    this.#checkOpen("map");
    const tasks = this.#submission.map(recipe, lists, rows);
    this.#endTurn();
    const contiguous = rows > 0 && tasks[rows - 1]! - tasks[0]! === rows - 1;
    if (!contiguous) return Array.from(tasks, (task) => this.#futureOf(task));
    const lease = {};
    this.#collected.register(lease, { first: tasks[0]!, count: rows });
    const futures = new Array<Future<unknown>>(rows);
    for (let row = 0; row < rows; row++) futures[row] = new Future(this, tasks[row]!, lease);
    return futures;
  }

  /** Futures of Delayeds, whose tasks all have `options` beneath their own; equal Delayeds have one. None of them stands for a future already. */
  compute(
    roots: readonly Delayed<unknown>[],
    options: TaskOptions | undefined,
  ): Map<Delayed<unknown>, Future<unknown>> {
    this.#checkOpen("compute");
    const distinct = [...new Set(roots)];
    const tasks = this.#submission.graph(distinct, options);
    this.#endTurn();
    return new Map(distinct.map((root, index) => [root, this.#futureOf(tasks[index]!)]));
  }

  /** Futures of values that workers have stored already. */
  scattered(data: Omit<DataRows, "first">): Future<unknown>[] {
    this.#checkOpen("scatter");
    this.#submission.flush();
    const first = this.core.nextTask;
    this.reserve(data.rows, true);
    this.#feed({ type: "scattered", data: { ...data, first } });
    return Array.from({ length: data.rows }, (_, row) => this.#futureOf(first + row));
  }

  /** A future of its own collects by itself; those of one map are collected together, by their lease. */
  #futureOf(task: number): Future<unknown> {
    const future = new Future<unknown>(this, task, undefined);
    this.#collected.register(future, { first: task, count: 1 });
    return future;
  }

  // ---- SubmissionTarget

  get nextTask(): number {
    return this.core.nextTask;
  }

  reserve(count: number, held: boolean): void {
    this.#feed({ type: "reserve", count, held });
  }

  submitChunk(chunk: GraphChunk, definitions: readonly DefinitionRecord[]): void {
    this.#feed({ type: "submit", chunk, definitions });
  }

  flush(): void {
    this.#link.flush();
  }

  hold(tasks: readonly number[]): void {
    this.#feed({ type: "hold", tasks });
  }

  release(first: number, count: number): void {
    this.#feed({ type: "release", first, count });
    this.#endTurn();
  }

  check(future: Future<unknown>): void {
    if (sessionOf(future) !== this) throw new ForeignFutureError(future.key);
    if (isReleased(future)) throw new ReleasedFutureError(future.key);
  }

  /** Key of a task that was sent. */
  sentKey(task: number): Uint8Array {
    return this.core.key(task) ?? NO_KEY;
  }

  // ---- state and waiting

  status(task: number): TaskStatus {
    return this.core.status(task);
  }

  key(task: number): Uint8Array {
    return this.#submission.key(task);
  }

  keyText(task: number): string {
    return Buffer.from(this.key(task)).toString();
  }

  looked(task: number): void {
    this.#feed({ type: "looked", task });
  }

  absent(task: number): void {
    this.#feed({ type: "absent", task });
  }

  /** Waits until enough of the tasks are settled. @returns false when `timeout` milliseconds were over first. */
  async until(tasks: TaskList, until: Until, timeout?: number): Promise<boolean> {
    const settlement = new Settlement(tasks, until, this.core, this.watches);
    if (settlement.done) return true;
    if (this.#failure !== undefined) {
      settlement.stop();
      throw this.#failure;
    }
    let inTime = true;
    let timer: NodeJS.Timeout | undefined;
    if (timeout !== undefined && timeout < 2 ** 31)
      timer = setTimeout(() => {
        inTime = false;
        settlement.stop();
      }, timeout);
    const takeBack = this.#insideTask ? vacateSlot() : undefined;
    try {
      await keepAlive.during(settlement.promise);
      return inTime;
    } finally {
      clearTimeout(timer);
      takeBack?.();
    }
  }

  onDone(task: number, callback: () => void): void {
    // Never in the midst of what the scheduler said: what it throws is the program's, and must not look like a broken connection.
    const later = (): void => queueMicrotask(callback);
    if (this.core.status(task) === "pending") this.watches.add(task, { settled: later } satisfies Watch);
    else later();
  }

  // ---- commands and questions

  /** Resolves when the scheduler has done it. */
  async cancel(tasks: readonly number[], force: boolean): Promise<void> {
    this.#checkOpen("cancel");
    this.#submission.flush();
    this.#feed({ type: "cancel", tasks: Int32Array.from(tasks), force });
    await this.#barrier();
  }

  /** Resolves when the scheduler has begun. */
  async retry(tasks: readonly number[]): Promise<void> {
    this.#checkOpen("retry");
    this.#submission.flush();
    this.#feed({ type: "retry", tasks: Int32Array.from(tasks) });
    await this.#barrier();
  }

  /**
   * Asks the scheduler; what was submitted before is known to it by then.
   *
   * @throws the scheduler's refusal, ClientClosedError, ConnectionLostError
   */
  async ask(question: Question, definitions?: readonly DefinitionRecord[]): Promise<Answer> {
    this.#checkOpen(question.what);
    this.#submission.flush();
    const id = this.#nextAsk++;
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#asked.set(id, { what: question.what, resolve, reject });
    });
    this.#feed({ type: "ask", id, question, ...(definitions === undefined ? {} : { definitions }) });
    const answer = await keepAlive.during(answered);
    if (answer.error !== undefined) throw fromPlainError(answer.error);
    return answer;
  }

  /** @returns how to stop listening. */
  onEvent(listener: (event: ClusterEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => void this.#eventListeners.delete(listener);
  }

  /** Listens to what workers and other clients publish under a topic. @returns how to stop */
  subscribe(topic: string, listener: (news: EventsPublished) => void): () => void {
    this.#topics.set(topic, listener);
    this.#feed({ type: "subscribe", topic });
    return () => {
      if (this.#topics.delete(topic)) this.#feed({ type: "unsubscribe", topic });
    };
  }

  /** Reaches the scheduler in order with everything else; dropped where nobody listens, and while there is no connection. */
  publish(topic: string, events: Uint8Array): void {
    this.#feed({ type: "publish", topic, events });
  }

  /** See {@link Leases.acquire}. @throws ClientClosedError */
  async acquire(name: string, limit: number, slots: number, signal?: AbortSignal): Promise<() => void> {
    this.#checkOpen("acquire");
    return this.#leases.acquire(name, limit, slots, signal);
  }

  /** Sends what is pending, says goodbye, and settles as lost whatever is not done. */
  close(failure: Error = new ClientClosedError("the result was not there yet")): Promise<void> {
    return (this.#closed ??= keepAlive.during(this.#close(failure)));
  }

  async #close(failure: Error): Promise<void> {
    if (this.#failure === undefined) {
      this.#submission.flush();
      this.#failure = failure;
      this.#isUnreachable(failure);
      this.#leases.fail(failure);
      this.#feed({ type: "close" });
    }
    this.#transfer.close();
    await this.#link.close();
  }

  /** Everything sent before is done when this resolves: the connection keeps the order. */
  async #barrier(): Promise<void> {
    await this.ask({ what: "identity" });
  }

  #checkOpen(what: string): void {
    if (this.#closed !== undefined) throw new ClientClosedError(what);
    if (this.#failure !== undefined) throw this.#failure;
  }

  // ---- the link

  #connected(welcome: Welcome): void {
    this.#feed({ type: "connected", epoch: welcome.epoch });
    this.#link.flush();
    this.#isReady();
  }

  #received(batch: readonly SchedulerToClient[]): void {
    for (const message of batch) this.#feed({ type: "message", message });
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#isUnreachable(error);
    this.#leases.fail(error);
    this.#feed({ type: "close" });
  }

  #endTurn(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#submission.flush();
      this.#feed({ type: "turn" });
      this.#link.flush();
    });
  }

  #feed(event: ClientEvent): void {
    const instructions = this.core.handle(event, performance.now());
    for (const instruction of instructions) {
      switch (instruction.type) {
        case "send":
          this.#link.send(instruction.message);
          break;
        case "settled":
          for (const task of instruction.tasks) this.watches.notify(task);
          break;
        case "answered":
          this.#asked.get(instruction.answer.id)?.resolve(instruction.answer);
          this.#asked.delete(instruction.answer.id);
          break;
        case "unanswered": {
          const asked = this.#asked.get(instruction.id);
          this.#asked.delete(instruction.id);
          asked?.reject(this.#failure ?? new ConnectionLostError(asked.what));
          break;
        }
        case "event":
          for (const listener of this.#eventListeners) queueMicrotask(() => listener(instruction.event));
          break;
        case "ran":
          this.account?.ran(instruction.runs);
          break;
        case "begun":
          this.account?.begun(instruction.runs);
          break;
        case "published":
          this.#topics.get(instruction.news.topic)?.(instruction.news);
          break;
        case "granted":
          this.#leases.granted(instruction.lease);
          break;
        case "accepted":
          break;
      }
    }
  }
}

/** A key that went with its chunk: its future was released without having been asked for it. */
const NO_KEY = Buffer.from("(released)");
