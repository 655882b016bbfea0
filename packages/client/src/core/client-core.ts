/**
 * The client as a state machine: which tasks are pending, finished, erred, cancelled or lost, which the program still holds, and
 * what the scheduler has to be told of it, the first time and after every reconnect.
 *
 * @remarks
 * One Future holds one task number, so holding is a flag. Several numbers may mean one task: the scheduler knows by their keys,
 * and keeps the result while any of them is wanted.
 *
 * What may go wrong on the way, and what happens then. A message to the scheduler is lost with its connection: everything still
 * held is sent again, lazily, on the next one; equal keys make that harmless. `unwant` lost: `synced` makes the scheduler forget
 * what was not sent again. A report of the scheduler lost: it reports the state of everything wanted anew. One doubled: the second
 * changes nothing. `cancel` and `retry` lost: they are repeated until their effect was reported.
 */
import { at, type DefinitionRecord, type FailureRecord, type SchedulerToClient } from "@heddle/protocol";
import { Definitions } from "./definitions.js";
import type { ClientEvent, ClientInstruction, DataRows, GraphChunk, TaskStatus } from "./events.js";
import { InlineResults, type InlineResult } from "./inline-results.js";
import { Journal, type Entry } from "./journal.js";
import { Questions } from "./questions.js";
import { Standing } from "./standing.js";
import { Status, TaskTable, statusName } from "./task-table.js";
import { Uplink } from "./uplink.js";

export class ClientCore {
  readonly #tasks = new TaskTable();
  readonly #definitions = new Definitions();
  readonly #journal = new Journal(this.#tasks, (entry) => this.#dropped(entry));
  readonly #uplink = new Uplink(this.#tasks, this.#journal, this.#definitions, (message) =>
    this.#out.push({ type: "send", message }),
  );
  readonly #standing = new Standing((message) => this.#uplink.send(message));
  readonly #results = new InlineResults();
  readonly #failures = new Map<number, FailureRecord>();
  readonly #questions = new Questions();
  /** Cancels and retries whose effect has not been reported. The value of a cancel is `force`. */
  readonly #cancelling = new Map<number, boolean>();
  readonly #retrying = new Set<number>();
  #unseenErrors = 0;
  #closed = false;
  #out: ClientInstruction[] = [];
  #settled: number[] = [];

  /** The number that the next reserved task will have. */
  get nextTask(): number {
    return this.#tasks.next;
  }

  /** Erred tasks of futures whose error nobody looked at, released ones included. */
  get unseenErrors(): number {
    return this.#unseenErrors;
  }

  get connected(): boolean {
    return this.#uplink.connected;
  }

  /** Meaningful for held tasks; others may be forgotten, and then are cancelled as far as anybody can tell. */
  status(task: number): TaskStatus {
    return this.#tasks.knows(task) ? statusName(this.#tasks.status(task)) : "cancelled";
  }

  held(task: number): boolean {
    return this.#tasks.held(task);
  }

  /** The encoded result of a finished task, when it was small enough to come along. */
  inline(task: number): InlineResult | undefined {
    return this.#results.get(task);
  }

  /** Why an erred task has no result. */
  failure(task: number): FailureRecord | undefined {
    return this.#failures.get(task);
  }

  /** The bytes of a task's key, while what it was submitted with is kept. */
  key(task: number): Uint8Array | undefined {
    return this.#tasks.knows(task) ? this.#journal.key(task) : undefined;
  }

  /** What is kept for a reconnect, for tests and diagnosis. */
  get journal(): { readonly entries: number; readonly definitions: number } {
    return { entries: this.#journal.size, definitions: this.#definitions.size };
  }

  /**
   * What follows from an event.
   *
   * @param _now - milliseconds; the core has no use for the time yet, the shell retries connections.
   */
  handle(event: ClientEvent, _now: number): ClientInstruction[] {
    this.#apply(event);
    if (this.#settled.length > 0) {
      this.#out.push({ type: "settled", tasks: this.#settled });
      this.#settled = [];
    }
    const instructions = this.#out;
    this.#out = [];
    return instructions;
  }

  #apply(event: ClientEvent): void {
    switch (event.type) {
      case "reserve":
        this.#tasks.reserve(event.count, event.held);
        return;
      case "submit":
        this.#submit(event.chunk, event.definitions);
        return;
      case "scattered":
        this.#scattered(event.data);
        return;
      case "release":
        for (let task = event.first; task < event.first + event.count; task++) this.#release(task);
        return;
      case "hold":
        for (const task of event.tasks) this.#hold(task);
        return;
      case "cancel":
        for (const task of event.tasks) if (this.#tasks.held(task)) this.#cancelling.set(task, event.force);
        this.#uplink.send({ op: "cancel", tasks: event.tasks, force: event.force });
        return;
      case "retry":
        this.#retry(event.tasks);
        return;
      case "looked":
        if (this.#tasks.markSeen(event.task)) this.#unseenErrors--;
        return;
      case "absent":
        if (this.#tasks.held(event.task) && this.#tasks.status(event.task) === Status.finished)
          this.#tasks.setStatus(event.task, Status.pending);
        return;
      case "ask":
        this.#definitions.retain(event.definitions ?? []);
        this.#questions.add({ op: "ask", id: event.id, what: event.question }, hashesOf(event.definitions ?? []));
        this.#sendQuestions();
        return;
      case "subscribe":
        this.#standing.subscribe(event.topic);
        return;
      case "unsubscribe":
        this.#standing.unsubscribe(event.topic);
        return;
      case "publish":
        this.#uplink.send({ op: "publish", topic: event.topic, events: event.events });
        return;
      case "acquire":
        this.#standing.acquire(event.request);
        return;
      case "releaseLease":
        this.#standing.release(event.lease);
        return;
      case "turn":
        this.#uplink.endTurn();
        return;
      case "connected":
        this.#connect(event.epoch);
        return;
      case "disconnected":
        this.#uplink.disconnect();
        for (const { ask, definitions } of this.#questions.disconnected()) this.#giveUp(ask.id, definitions);
        return;
      case "message":
        this.#receive(event.message);
        return;
      case "close":
        this.#close();
        return;
    }
  }

  #submit(chunk: GraphChunk, definitions: readonly DefinitionRecord[]): void {
    this.#definitions.retain(definitions);
    const entry = this.#journal.addGraph(chunk, hashesOf(definitions));
    this.#uplink.submit(entry, chunk);
    if (this.#closed) for (let task = chunk.first; task < chunk.first + chunk.rows; task++) this.#lose(task);
    if (chunk.last) this.#journal.settle(entry);
  }

  #scattered(data: DataRows): void {
    const entry = this.#journal.addData(data);
    this.#uplink.scattered(entry, data);
    for (let task = data.first; task < data.first + data.rows; task++) this.#settle(task, Status.finished);
    this.#journal.settle(entry);
  }

  #hold(task: number): void {
    if (!this.#tasks.hold(task)) return;
    this.#journal.hold(task);
    this.#uplink.want(task);
  }

  #release(task: number): void {
    if (!this.#tasks.release(task)) return;
    this.#results.drop(task);
    this.#failures.delete(task);
    this.#cancelling.delete(task);
    this.#retrying.delete(task);
    this.#uplink.unwant(task);
    this.#journal.release(task);
  }

  /** Failed tasks run again. A scheduler that never heard of their failure is told of them, and runs them because they are wanted. */
  #retry(tasks: Int32Array): void {
    const asleep = new Set<Entry>();
    for (const task of tasks) {
      if (!this.#tasks.held(task)) continue;
      this.#retrying.add(task);
      const entry = this.#journal.entryOf(task);
      if (entry?.dormant === true) asleep.add(entry);
    }
    this.#uplink.awaken([...asleep]);
    this.#uplink.send({ op: "retry", tasks });
    for (const task of tasks)
      if (this.#tasks.held(task) && asleep.has(this.#journal.entryOf(task)!) && this.#uplink.connected)
        this.#reopen(task);
  }

  #connect(epoch: string): void {
    const { returning, another } = this.#uplink.connect(epoch);
    this.#standing.connect();
    if (another) for (const entry of this.#journal.entries()) this.#doubt(entry);
    if (this.#retrying.size > 0) this.#retry(Int32Array.from(this.#retrying));
    for (const force of [false, true]) {
      const tasks = [...this.#cancelling].filter(([, forced]) => forced === force).map(([task]) => task);
      if (tasks.length > 0) this.#uplink.send({ op: "cancel", tasks: Int32Array.from(tasks), force });
    }
    if (returning) this.#uplink.send({ op: "synced" });
    this.#sendQuestions();
  }

  /** Another scheduler: where results are is unknown until it says so. What came along is here. */
  #doubt(entry: Entry): void {
    for (let task = entry.first; task < entry.first + entry.rows; task++)
      if (this.#tasks.held(task) && this.#tasks.status(task) === Status.finished && !this.#results.has(task))
        this.#tasks.setStatus(task, Status.pending);
  }

  #sendQuestions(): void {
    if (!this.#uplink.connected) return;
    for (const { ask, definitions } of this.#questions.unsent()) {
      this.#uplink.define(definitions);
      this.#uplink.send(ask);
    }
  }

  #receive(message: SchedulerToClient): void {
    switch (message.op) {
      case "finished": {
        const { tasks, inlineLengths } = message;
        this.#out.push({ type: "ran", runs: message });
        // The frame's buffer is not ours to keep: it holds everything else that came in this turn.
        const inline = message.inline.slice();
        let start = 0;
        for (let row = 0; row < tasks.length; row++) {
          const length = at(inlineLengths, row);
          const end = length > 0 ? start + length : start;
          const task = tasks[row]!;
          if (this.#tasks.held(task)) {
            if (length >= 0) this.#results.keep(task, inline, start);
            this.#settle(task, Status.finished);
          }
          start = end;
        }
        return;
      }
      case "erred":
        for (let row = 0; row < message.tasks.length; row++) {
          const task = message.tasks[row]!;
          if (!this.#tasks.held(task)) continue;
          const failure = message.failures[at(message.failureOf, row)]!;
          // Data that nothing can compute again is lost; what only needed it has failed.
          const isLost = failure.kind === "lostData" && "data" in this.#journal.entryOf(task)!.content;
          this.#settle(task, isLost ? Status.lost : Status.erred);
          this.#failures.set(task, failure);
        }
        return;
      case "pending":
        for (const task of message.tasks) this.#reopen(task);
        return;
      case "cancelled":
        for (const task of message.tasks) if (this.#tasks.held(task)) this.#settle(task, Status.cancelled);
        return;
      case "lost":
        for (const task of message.tasks) if (this.#tasks.held(task)) this.#settle(task, Status.lost);
        return;
      case "begun":
        this.#out.push({ type: "begun", runs: message });
        return;
      case "published":
        this.#out.push({ type: "published", news: message });
        return;
      case "granted":
        if (this.#standing.granted(message.lease)) this.#out.push({ type: "granted", lease: message.lease });
        return;
      case "accepted":
        this.#out.push({ type: "accepted", graph: message.graph });
        return;
      case "answer": {
        const definitions = this.#questions.answered(message.id);
        if (definitions === undefined) return;
        this.#definitions.drop(definitions);
        this.#out.push({ type: "answered", answer: message });
        return;
      }
      case "event":
        this.#out.push({ type: "event", event: message });
        return;
    }
  }

  #settle(task: number, status: Status): void {
    const before = this.#tasks.status(task);
    this.#cancelling.delete(task);
    this.#retrying.delete(task);
    if (status !== Status.finished) this.#results.drop(task);
    this.#failures.delete(task);
    if (before === status) return;
    this.#tasks.setStatus(task, status);
    if (status === Status.erred) {
      this.#tasks.markUnseen(task);
      this.#unseenErrors++;
    } else if (before === Status.erred && this.#tasks.markSeen(task)) this.#unseenErrors--;
    this.#settled.push(task);
  }

  /** Not finished or erred any more: it is computed again. */
  #reopen(task: number): void {
    if (!this.#tasks.held(task)) return;
    this.#retrying.delete(task);
    this.#results.drop(task);
    this.#failures.delete(task);
    if (this.#tasks.markSeen(task)) this.#unseenErrors--;
    this.#tasks.setStatus(task, Status.pending);
  }

  #lose(task: number): void {
    if (this.#tasks.held(task) && this.#tasks.status(task) === Status.pending) this.#settle(task, Status.lost);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#uplink.endTurn();
    this.#uplink.send({ op: "goodbye" });
    this.#uplink.disconnect();
    for (const entry of this.#journal.entries())
      for (let task = entry.first; task < entry.first + entry.rows; task++) this.#lose(task);
    for (const { ask, definitions } of this.#questions.close()) this.#giveUp(ask.id, definitions);
  }

  #giveUp(id: number, definitions: readonly string[]): void {
    this.#definitions.drop(definitions);
    this.#out.push({ type: "unanswered", id });
  }

  #dropped(entry: Entry): void {
    this.#definitions.drop(entry.definitions);
  }
}

function hashesOf(definitions: readonly DefinitionRecord[]): string[] {
  return definitions.map((definition) => definition.hash);
}
