import type { PeerRecord, RunFailure, WorkerToScheduler } from "@heddle/protocol";
import { buildBatch } from "./batch.js";
import type { WorkerInstruction } from "./events.js";
import { IntList } from "./int-list.js";
import type { IdTable } from "../id-table.js";
import type { Task } from "./task.js";

/** Rows for one thread. */
class PerThread {
  readonly #byThread = new Map<number, { readonly tasks: IntList; readonly runs: IntList }>();

  push(thread: number, task: number, run: number): void {
    let rows = this.#byThread.get(thread);
    if (rows === undefined) this.#byThread.set(thread, (rows = { tasks: new IntList(), runs: new IntList() }));
    rows.tasks.push(task);
    rows.runs.push(run);
  }

  *take(): Iterable<{ thread: number; tasks: Int32Array; runs: Int32Array }> {
    for (const [thread, rows] of this.#byThread) {
      if (rows.tasks.length > 0) yield { thread, tasks: rows.tasks.take(), runs: rows.runs.take() };
    }
  }
}

/**
 * What one event leads to. Rows of the same kind are gathered, so that an event about a thousand tasks yields a few instructions;
 * the order of the kinds is such that nothing is used before it is there: values are kept, threads fed, peers asked, values
 * dropped, and the scheduler told last.
 */
export class Outbox {
  /** Messages to a scheduler that is away are not kept: what it has to know, `present` will tell. */
  connected = false;
  #first: WorkerInstruction[] = [];
  #peers: WorkerInstruction[] = [];
  #messages: WorkerToScheduler[] = [];
  readonly #execute = new Map<number, Task[]>();
  readonly #forget = new PerThread();
  readonly #cancel = new PerThread();
  readonly #cancelNow = new PerThread();
  readonly #revoke = new PerThread();
  readonly #drop = new IntList();
  readonly #missing = { tasks: new IntList(), holders: new IntList() };
  readonly #added = { tasks: new IntList(), nbytes: [] as number[] };
  readonly #dropped = new IntList();
  readonly #stopped = {
    tasks: new IntList(),
    runs: new IntList(),
    startedAt: [] as number[],
    busy: new IntList(),
    waited: new IntList(),
    threads: new IntList(),
  };
  readonly #revoked = { tasks: new IntList(), runs: new IntList(), granted: new IntList() };
  readonly #seceded = { tasks: new IntList(), runs: new IntList(), left: new IntList() };
  readonly #failures: RunFailure[] = [];

  /** For what stands alone and goes first. */
  instruct(instruction: WorkerInstruction): void {
    this.#first.push(instruction);
  }

  execute(thread: number, task: Task): void {
    const tasks = this.#execute.get(thread);
    if (tasks === undefined) this.#execute.set(thread, [task]);
    else tasks.push(task);
  }

  forget(thread: number, task: number): void {
    this.#forget.push(thread, task, 0);
  }

  cancel(task: Task, force: boolean): void {
    (force ? this.#cancelNow : this.#cancel).push(task.thread, task.threadId, task.ticket);
  }

  revoke(task: Task): void {
    this.#revoke.push(task.thread, task.threadId, task.ticket);
  }

  fetch(gather: number, peer: PeerRecord | { index: number; address: string }, tasks: Int32Array): void {
    this.#peers.push({ to: "peers", action: "fetch", gather, peer: peer.index, address: peer.address, tasks });
  }

  abandon(gather: number): void {
    this.#peers.push({ to: "peers", action: "abandon", gather });
  }

  drop(task: number): void {
    this.#drop.push(task);
  }

  send(message: WorkerToScheduler): void {
    if (this.connected) this.#messages.push(message);
  }

  missing(task: number, holder: number): void {
    this.#missing.tasks.push(task);
    this.#missing.holders.push(holder);
  }

  added(task: number, nbytes: number): void {
    this.#added.tasks.push(task);
    this.#added.nbytes.push(nbytes);
  }

  dropped(task: number): void {
    this.#dropped.push(task);
  }

  /** @param startedAt - 0: it had not begun */
  stopped(task: number, run: number, thread = -1, startedAt = 0, busy = 0, waited = 0): void {
    const rows = this.#stopped;
    rows.tasks.push(task);
    rows.runs.push(run);
    rows.threads.push(Math.max(0, thread));
    rows.startedAt.push(startedAt);
    rows.busy.push(busy);
    rows.waited.push(waited);
  }

  revoked(task: number, run: number, granted: boolean): void {
    this.#revoked.tasks.push(task);
    this.#revoked.runs.push(run);
    this.#revoked.granted.push(granted ? 1 : 0);
  }

  seceded(task: number, run: number, left: number): void {
    this.#seceded.tasks.push(task);
    this.#seceded.runs.push(run);
    this.#seceded.left.push(left);
  }

  failed(failure: RunFailure): void {
    this.#failures.push(failure);
  }

  take(tasks: IdTable<Task>): WorkerInstruction[] {
    const all = this.#first;
    this.#first = [];
    for (const { thread, tasks } of this.#forget.take()) all.push({ to: "threads", action: "forget", thread, tasks });
    for (const [thread, runs] of this.#execute) {
      if (runs.length > 0)
        all.push({ to: "threads", action: "execute", thread, batch: buildBatch(thread, runs, tasks) });
      runs.length = 0;
    }
    for (const rows of this.#cancel.take()) all.push({ to: "threads", action: "cancel", ...rows, force: false });
    for (const rows of this.#cancelNow.take()) all.push({ to: "threads", action: "cancel", ...rows, force: true });
    for (const rows of this.#revoke.take()) all.push({ to: "threads", action: "revoke", ...rows });
    if (this.#peers.length > 0) {
      all.push(...this.#peers);
      this.#peers = [];
    }
    if (this.#drop.length > 0) all.push({ to: "store", action: "drop", tasks: this.#drop.take() });
    this.#gatherMessages();
    for (const message of this.#messages) all.push({ to: "scheduler", message });
    this.#messages = [];
    return all;
  }

  #gatherMessages(): void {
    const { tasks, holders } = this.#missing;
    if (tasks.length > 0) this.send({ op: "missing", tasks: tasks.take(), holders: holders.take() });
    const added = this.#added;
    if (added.tasks.length > 0) {
      this.send({ op: "added", tasks: added.tasks.take(), nbytes: Float64Array.from(added.nbytes) });
      added.nbytes.length = 0;
    }
    if (this.#dropped.length > 0) this.send({ op: "dropped", tasks: this.#dropped.take() });
    if (this.#failures.length > 0) this.send({ op: "failed", failures: this.#failures.splice(0) });
    const stopped = this.#stopped;
    if (stopped.tasks.length > 0) {
      this.send({
        op: "stopped",
        tasks: stopped.tasks.take(),
        runs: stopped.runs.take(),
        startedAt: Float64Array.from(stopped.startedAt),
        busy: stopped.busy.take(),
        waited: stopped.waited.take(),
        threads: stopped.threads.take(),
      });
      stopped.startedAt.length = 0;
    }
    const revoked = this.#revoked;
    if (revoked.tasks.length > 0) {
      const granted = Uint8Array.from(revoked.granted.take());
      this.send({ op: "revoked", tasks: revoked.tasks.take(), runs: revoked.runs.take(), granted });
    }
    const seceded = this.#seceded;
    if (seceded.tasks.length > 0) {
      const left = Uint8Array.from(seceded.left.take());
      this.send({ op: "seceded", tasks: seceded.tasks.take(), runs: seceded.runs.take(), left });
    }
  }
}
