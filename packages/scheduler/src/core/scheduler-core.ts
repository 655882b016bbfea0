import type { ClientToScheduler, SchedulerToClient, SchedulerToWorker } from "@heddle/protocol";
import { Asks, countStates, findKey, workerInfo } from "./asks.js";
import { newClient, type ClientRecord } from "./clients.js";
import { dispatch } from "./dispatch.js";
import type { Instruction, SchedulerEvent, SchedulerSettings } from "./events.js";
import { explain } from "./explain.js";
import { addData, submit } from "./ingest.js";
import {
  keysByPrefix,
  keysOf,
  keysOfFailed,
  taskFacts,
  taskGraph,
  taskPage,
  workerFacts,
  type GraphFilter,
  type TaskFacts,
  type TaskFilter,
} from "./inspect.js";
import { endGrace, membersChanged, present, workerJoined, workerLeft } from "./members.js";
import { BegunColumns, ErredColumns, FinishedColumns, NumberColumns } from "./outbox.js";
import { printed } from "./printed.js";
import type { Recorder } from "./record/recorder.js";
import { report } from "./reports.js";
import { retireDrained } from "./retire.js";
import { SchedulerState } from "./state.js";
import { Stealing } from "./stealing.js";
import { Cause, type StoryEntry } from "./story.js";
import { NONE } from "./task-table.js";
import { publishOfClient } from "./topics.js";
import { Transitions } from "./transitions.js";
import { validate } from "./validate.js";
import { watch } from "./watching.js";
import { cancel, dropClient, retry, unwant, want } from "./wants.js";
import type { WorkerRecord } from "./workers.js";
import type { StateName } from "./task-state.js";

/**
 * The scheduler as a pure machine: events in, instructions out. It owns every task's state, decides where each runs, and never
 * sees a socket, a clock or a value.
 */
export class SchedulerCore {
  readonly #state: SchedulerState;
  readonly #transitions: Transitions;
  readonly #asks: Asks;
  readonly #stealing = new Stealing();
  /** `continue` has been asked for. */
  #continuing = false;

  /** @param recorder - writes down what happens, for whoever shows it */
  constructor(settings: SchedulerSettings, recorder?: Recorder) {
    this.#state = new SchedulerState(settings, recorder);
    this.#transitions = new Transitions(this.#state);
    this.#asks = new Asks(this.#transitions);
  }

  /**
   * @param now - milliseconds since the epoch, never going back
   * @throws InvariantError, InvalidTransitionError - a mistake of the scheduler; only with `validate` on for the first
   */
  handle(event: SchedulerEvent, now: number): Instruction[] {
    const state = this.#state;
    state.now = now;
    state.event++;
    this.#apply(event);
    if (this.#transitions.settle() && !this.#continuing) {
      this.#continuing = true;
      state.instructions.push({ to: "shell", action: "continue" });
    }
    dispatch(this.#transitions);
    this.#stealing.balance(state);
    const instructions = this.#collect();
    if (state.settings.validate && !this.#continuing) validate(state);
    return instructions;
  }

  /** Every invariant, whatever the settings. */
  validate(): void {
    validate(this.#state);
  }

  /** Brings the numbers in the record up to date. */
  count(): void {
    const { recorder, tasks, groups, story, nextId } = this.#state;
    recorder?.count(tasks, groups.all(), story.total, story.total + nextId);
  }

  /** Transitions of a task, oldest first; undefined for an unknown key. */
  story(key: string): StoryEntry[] | undefined {
    const slot = findKey(this.#state, key);
    return slot === NONE ? undefined : this.#state.story.of(this.#state.tasks.id[slot]!);
  }

  /** Why a task is where it is; undefined for an unknown key. */
  explain(key: string): ReturnType<typeof explain> | undefined {
    const slot = findKey(this.#state, key);
    return slot === NONE ? undefined : explain(this.#state, slot);
  }

  /** Counts for health checks and the dashboard. O(tasks). */
  overview(): {
    workers: ReturnType<typeof workerInfo>[];
    clients: number;
    tasks: number;
    states: Record<StateName, number>;
  } {
    const state = this.#state;
    return {
      workers: [...state.workers.values()].map(workerInfo),
      clients: [...state.clients.values()].filter((client) => client.connected).length,
      tasks: state.tasks.size,
      states: countStates(state),
    };
  }

  /** Answers to a person's questions; each is bounded. */
  readonly inspect = {
    task: (key: string): TaskFacts | undefined => taskFacts(this.#state, key),
    keys: (ids: readonly number[]): (string | null)[] => keysOf(this.#state, ids),
    page: (filter: TaskFilter): ReturnType<typeof taskPage> => taskPage(this.#state, filter),
    search: (prefix: string, limit: number): string[] => keysByPrefix(this.#state, prefix, limit),
    graph: (filter: GraphFilter): Uint8Array => taskGraph(this.#state, filter),
    worker: (index: number): ReturnType<typeof workerFacts> => workerFacts(this.#state, index),
    failed: (group: number, messages: readonly string[], limit: number): string[] =>
      keysOfFailed(this.#state, group, messages, limit),
    /** Workers as they are at this moment. */
    workers: (): WorkerRecord[] => [...this.#state.workers.values()],
    /** Clients that are connected. */
    clients: (): number => [...this.#state.clients.values()].filter((client) => client.connected).length,
  };

  #apply(event: SchedulerEvent): void {
    const state = this.#state;
    switch (event.type) {
      case "clientJoined":
        return this.#clientJoined(event.client, event.hello);
      case "clientMessage": {
        const client = state.clients.get(event.client);
        if (client === undefined) return;
        client.lastSeen = state.now;
        state.peer = event.client;
        return this.#clientMessage(client, event.message);
      }
      case "clientLeft": {
        const client = state.clients.get(event.client);
        if (client === undefined) return;
        client.connected = false;
        client.leftAt = state.now;
        state.topics.clientLeft(event.client);
        return;
      }
      case "workerJoined":
        state.peer = event.worker;
        if (state.settings.recovering === true && state.holdUntil === 0) {
          state.holdUntil = state.now + state.settings.reconnectGrace;
        }
        return workerJoined(this.#transitions, event.worker, event.name, event.hello);
      case "workerMessage": {
        const worker = state.workers.get(event.worker);
        if (worker === undefined) return;
        worker.lastSeen = state.now;
        state.peer = event.worker;
        const { message } = event;
        if (message.op === "returned") return this.#asks.returned(worker, message.id, message.ok, message.bytes);
        if (message.op === "printed") return printed(state, worker, message);
        if (message.op === "present") return present(this.#transitions, worker, message);
        report(this.#transitions, worker, message);
        if (message.op === "status") {
          state.cause = Cause.workerStatus;
          membersChanged(this.#transitions);
        }
        return;
      }
      case "workerLeft":
        state.peer = event.worker;
        workerLeft(
          this.#transitions,
          event.worker,
          event.expected || state.retiring.delete(event.worker),
          event.detail,
        );
        return this.#asks.workerLeft(event.worker);
      case "watch":
        return watch(state, event.watched);
      case "dashboard":
        state.dashboardUrl = event.url;
        return;
      case "operate": {
        const slots = event.keys.map((key) => findKey(state, key)).filter((slot) => slot !== NONE);
        state.peer = NONE;
        state.cause = event.action === "retry" ? Cause.retry : Cause.cancel;
        if (event.action === "retry") retry(this.#transitions, slots);
        else cancel(this.#transitions, undefined, slots, false, true);
        return;
      }
      case "tick":
        return this.#tick();
      case "continue":
        this.#continuing = false;
        return;
    }
  }

  #clientJoined(index: number, hello: ClientRecord["hello"]): void {
    const state = this.#state;
    if (state.settings.recovering === true && state.holdUntil === 0) {
      state.holdUntil = state.now + state.settings.reconnectGrace;
    }
    const client = newClient(index, hello, state.now, {
      begun: new BegunColumns(),
      finished: new FinishedColumns(),
      erred: new ErredColumns(),
      cancelled: new NumberColumns("cancelled"),
      pending: new NumberColumns("pending"),
    });
    // The same client, back on a new connection: what its old one wanted is held until it has said everything again.
    client.predecessors = [...state.clients.values()].filter((other) => other.hello.id === hello.id);
    for (const predecessor of client.predecessors) predecessor.connected = false;
    state.clients.set(index, client);
  }

  #clientMessage(client: ClientRecord, message: ClientToScheduler): void {
    const state = this.#state;
    const t = this.#transitions;
    switch (message.op) {
      case "define":
        for (const definition of message.definitions) state.definitions.add(definition, client.index);
        return;
      case "forget":
        return state.definitions.forget(message.hashes, client.index);
      case "submit":
        state.cause = Cause.submit;
        return submit(t, client, message);
      case "want":
        state.cause = Cause.want;
        for (const number of message.tasks) {
          const slot = client.numbers.get(number);
          if (slot !== NONE) want(t, client, number, slot);
          else
            client.erred.push(number, { kind: "lostData", message: "the scheduler does not know this task any more" });
        }
        return;
      case "unwant":
        state.cause = Cause.unwant;
        for (const number of message.tasks) unwant(t, client, number);
        return;
      case "cancel":
        state.cause = Cause.cancel;
        return cancel(t, client, this.#slots(client, message.tasks), message.force);
      case "retry":
        state.cause = Cause.retry;
        return retry(t, this.#slots(client, message.tasks));
      case "addData":
        state.cause = Cause.scatter;
        return addData(t, client, message);
      case "synced":
        state.cause = Cause.clientLeft;
        for (const predecessor of client.predecessors) dropClient(t, predecessor);
        client.predecessors = [];
        return;
      case "ask":
        state.cause = message.what.what === "restart" ? Cause.restart : Cause.cancel;
        return this.#asks.ask(client, message);
      case "publish":
        return publishOfClient(state, client.index, message);
      case "subscribe":
        return state.topics.subscribe(client.index, message.topics);
      case "unsubscribe":
        return state.topics.unsubscribe(client.index, message.topics);
      case "acquire":
        return state.leases.acquire(client.index, message);
      case "release":
        return state.leases.release(client.index, message.lease);
      case "goodbye":
        state.cause = Cause.clientLeft;
        client.connected = false;
        state.topics.clientLeft(client.index);
        return dropClient(t, client);
    }
  }

  #slots(client: ClientRecord, numbers: Int32Array): number[] {
    return Array.from(numbers, (number) => client.numbers.get(number)).filter((slot) => slot !== NONE);
  }

  #tick(): void {
    const state = this.#state;
    const { settings, now } = state;
    state.peer = NONE;
    state.cause = Cause.clientLeft;
    for (const client of [...state.clients.values()]) {
      if (!client.connected && now - client.leftAt > settings.clientGrace) dropClient(this.#transitions, client);
    }
    for (const worker of state.workers.values()) {
      if (now - worker.lastSeen <= settings.workerTtl) continue;
      const reason = `nothing was heard of it for ${Math.round((now - worker.lastSeen) / 1000)} s`;
      state.instructions.push({ to: "shell", action: "dropWorker", worker: worker.index, reason });
    }
    if (state.orphans.size + state.awaitedData.size > 0 && now >= state.holdUntil) endGrace(this.#transitions);
    retireDrained(state);
    state.groups.trim();
  }

  /** What every peer is to be told, as one message per kind: commands first, then what to forget, then what to run. */
  #collect(): Instruction[] {
    const state = this.#state;
    const instructions = state.instructions;
    state.instructions = [];
    const toWorker = (worker: number, message: SchedulerToWorker): void =>
      void instructions.push({ to: "worker", worker, message });
    const toClient = (client: number, message: SchedulerToClient): void =>
      void instructions.push({ to: "client", client, message });
    for (const worker of state.workers.values()) {
      if (worker.free.rows > 0) toWorker(worker.index, { op: "free", tasks: worker.free.take() });
      if (worker.compute.rows > 0) toWorker(worker.index, worker.compute.take());
    }
    for (const client of state.clients.values()) {
      if (!client.connected) continue;
      if (client.pending.rows > 0) toClient(client.index, client.pending.message());
      if (client.begun.rows > 0) toClient(client.index, client.begun.message());
      if (client.finished.rows > 0) toClient(client.index, client.finished.message());
      if (client.erred.rows > 0) toClient(client.index, client.erred.message());
      if (client.cancelled.rows > 0) toClient(client.index, client.cancelled.message());
    }
    return instructions;
  }
}
