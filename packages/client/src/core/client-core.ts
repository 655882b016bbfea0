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
import {
  at,
  type ClientToScheduler,
  type Column,
  type DefinitionRecord,
  type FailureRecord,
  type SchedulerToClient,
} from "@heddle/protocol";
import { Definitions } from "./definitions.js";
import type { ClientEvent, ClientInstruction, DataRows, GraphChunk, TaskStatus } from "./events.js";
import { InlineResults, type InlineResult } from "./inline-results.js";
import { Journal, type Entry } from "./journal.js";
import { Questions } from "./questions.js";
import { NO_ENTRY, Status, TaskTable, statusName } from "./task-table.js";

/** Number of the graph as which everything is sent again. Those of submissions ascend from 0. */
const JOURNAL_GRAPH = 2 ** 31 - 1;

export class ClientCore {
  readonly #tasks = new TaskTable();
  readonly #definitions = new Definitions();
  readonly #journal = new Journal(this.#tasks, (entry) => this.#dropped(entry));
  readonly #results = new InlineResults();
  readonly #failures = new Map<number, FailureRecord>();
  readonly #questions = new Questions();
  /** Cancels and retries whose effect has not been reported. The value of a cancel is `force`. */
  readonly #cancelling = new Map<number, boolean>();
  readonly #retrying = new Set<number>();
  #released: number[] = [];
  #unseenErrors = 0;
  #connected = false;
  #closed = false;
  /** Epoch of the scheduler that was reached last. */
  #epoch: string | undefined;
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
    return this.#connected;
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
        if (this.#connected) this.#send({ op: "cancel", tasks: event.tasks, force: event.force });
        return;
      case "retry":
        for (const task of event.tasks) if (this.#tasks.held(task)) this.#retrying.add(task);
        if (this.#connected) this.#send({ op: "retry", tasks: event.tasks });
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
        if (this.#connected) this.#sendQuestions();
        return;
      case "turn":
        this.#sendReleases();
        return;
      case "connected":
        this.#connect(event.epoch);
        return;
      case "disconnected":
        this.#connected = false;
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
    if (this.#connected && !this.#journal.isUnneeded(entry)) this.#sendGraph(entry, chunk);
    if (this.#closed) for (let task = chunk.first; task < chunk.first + chunk.rows; task++) this.#lose(task);
    if (chunk.last) this.#journal.settle(entry);
  }

  #scattered(data: DataRows): void {
    const entry = this.#journal.addData(data);
    if (this.#connected) this.#sendData(entry, data);
    for (let task = data.first; task < data.first + data.rows; task++) this.#settle(task, Status.finished);
    this.#journal.settle(entry);
  }

  #hold(task: number): void {
    if (!this.#tasks.hold(task)) return;
    this.#journal.hold(task);
    if (this.#connected && this.#journal.entryOf(task)?.sentIn !== undefined)
      this.#send({ op: "want", tasks: Int32Array.of(task) });
  }

  #release(task: number): void {
    if (!this.#tasks.release(task)) return;
    this.#results.drop(task);
    this.#failures.delete(task);
    this.#cancelling.delete(task);
    this.#retrying.delete(task);
    if (this.#tasks.entry(task) !== NO_ENTRY) this.#released.push(task);
    this.#journal.release(task);
  }

  /** One message for all that was released in a turn. While disconnected they need no telling: they are not sent again. */
  #sendReleases(): void {
    if (this.#released.length === 0) return;
    if (this.#connected) this.#send({ op: "unwant", tasks: Int32Array.from(this.#released) });
    this.#released = [];
  }

  #sendGraph(entry: Entry, chunk: GraphChunk): void {
    const definitions = this.#definitions.unsent(entry.definitions);
    if (definitions.length > 0) this.#send({ op: "define", definitions });
    const lazy = entry.sentIn !== undefined;
    this.#send({ op: "submit", ...chunk, lazy, wanted: this.#wanted(entry) });
    entry.sentIn ??= this.#epoch;
  }

  #sendData(entry: Entry, data: DataRows): void {
    if (entry.sentIn === undefined || entry.sentIn === this.#epoch) {
      this.#send({ op: "addData", ...data });
    } else {
      // Ids and worker indices died with the scheduler that gave them: the new one finds the values by their keys.
      const ids = new Int32Array(entry.rows).fill(-1);
      this.#send({ op: "addData", ...data, ids, holderCounts: 0, holders: new Int32Array(0) });
    }
    entry.sentIn ??= this.#epoch;
  }

  /** Held tasks, but not those that failed or were cancelled in an earlier epoch: wanting them would run them again. */
  #wanted(entry: Entry): Column {
    const wanted = new Int32Array(entry.rows);
    let count = 0;
    for (let row = 0; row < entry.rows; row++) {
      const task = entry.first + row;
      if (!this.#tasks.held(task)) continue;
      const status = this.#tasks.status(task);
      if (status !== Status.pending && status !== Status.finished && !this.#retrying.has(task)) continue;
      wanted[row] = 1;
      count++;
    }
    return count === 0 ? 0 : count === entry.rows ? 1 : wanted;
  }

  #connect(epoch: string): void {
    const returning = this.#epoch !== undefined;
    const another = returning && this.#epoch !== epoch;
    this.#epoch = epoch;
    this.#connected = true;
    this.#released = [];
    this.#definitions.forgetSent();
    if (another) for (const entry of this.#journal.entries()) this.#doubt(entry);
    this.#sendJournal();
    if (this.#retrying.size > 0) this.#send({ op: "retry", tasks: Int32Array.from(this.#retrying) });
    for (const force of [false, true]) {
      const tasks = [...this.#cancelling].filter(([, forced]) => forced === force).map(([task]) => task);
      if (tasks.length > 0) this.#send({ op: "cancel", tasks: Int32Array.from(tasks), force });
    }
    if (returning) this.#send({ op: "synced" });
    this.#sendQuestions();
  }

  /**
   * Everything that is kept, as one graph: many of its tasks are held by no future, and a graph's tasks are safe from being
   * forgotten until the last chunk that may need them has arrived.
   */
  #sendJournal(): void {
    const entries = [...this.#journal.entries()];
    const last = entries.findLast((entry) => "graph" in entry.content);
    const graphSize = entries.reduce((rows, entry) => rows + entry.rows, 0);
    for (const entry of entries) {
      const { content } = entry;
      if ("data" in content) this.#sendData(entry, content.data);
      else this.#sendGraph(entry, { ...content.graph, graph: JOURNAL_GRAPH, graphSize, last: entry === last });
    }
    // Sending data says that it is wanted.
    for (const { content, first, rows } of entries)
      if ("data" in content)
        for (let task = first; task < first + rows; task++) if (!this.#tasks.held(task)) this.#released.push(task);
    this.#sendReleases();
  }

  /** Another scheduler: where results are is unknown until it says so. What came along is here. */
  #doubt(entry: Entry): void {
    for (let task = entry.first; task < entry.first + entry.rows; task++)
      if (this.#tasks.held(task) && this.#tasks.status(task) === Status.finished && !this.#results.has(task))
        this.#tasks.setStatus(task, Status.pending);
  }

  #sendQuestions(): void {
    for (const { ask, definitions } of this.#questions.unsent()) {
      const records = this.#definitions.unsent(definitions);
      if (records.length > 0) this.#send({ op: "define", definitions: records });
      this.#send(ask);
    }
  }

  #receive(message: SchedulerToClient): void {
    switch (message.op) {
      case "finished": {
        const { tasks, inlineLengths } = message;
        // The frame's buffer is not ours to keep: it holds everything else that came in this turn.
        const inline = message.inline.slice();
        let start = 0;
        for (let row = 0; row < tasks.length; row++) {
          const length = at(inlineLengths, row);
          const end = length > 0 ? start + length : start;
          const task = tasks[row]!;
          if (this.#tasks.held(task)) {
            if (length >= 0) this.#results.keep(task, inline, start, end);
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
          this.#failures.set(task, message.failures[at(message.failureOf, row)]!);
          this.#settle(task, Status.erred);
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
    if (status !== Status.erred) this.#failures.delete(task);
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
    if (this.#connected) {
      this.#sendReleases();
      this.#send({ op: "goodbye" });
    }
    this.#connected = false;
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

  #send(message: ClientToScheduler): void {
    this.#out.push({ type: "send", message });
  }
}

function hashesOf(definitions: readonly DefinitionRecord[]): string[] {
  return definitions.map((definition) => definition.hash);
}
