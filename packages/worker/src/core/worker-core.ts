import type { SchedulerToWorker } from "@heddle/protocol";
import { onCancel, onCompute, onFree, onRevoke } from "./assignments.js";
import {
  onBegun,
  onFailed,
  onFinished,
  onParked,
  onReplaced,
  onRevoked,
  onSeceded,
  onStopped,
  onUnsent,
} from "./completions.js";
import { deadline, dispatch, rebalance, releaseConstrained } from "./dispatch.js";
import { DEFAULT_CORE_SETTINGS, type WorkerCoreSettings, type WorkerEvent, type WorkerInstruction } from "./events.js";
import {
  onFetchBusy,
  onFetched,
  onFetchFailed,
  onHolders,
  onLost,
  onPeers,
  onPut,
  onReplicate,
  startGathers,
} from "./inputs.js";
import type { Transition } from "./journal.js";
import { onAdopt, onConnected, onDisconnected } from "./rejoining.js";
import { WorkerState } from "./state.js";
import { STATE_NAMES, type State } from "./states.js";
import { checkInvariants } from "./validate.js";

/** Numbers for heartbeats. */
export interface WorkerCounts {
  readonly executing: number;
  readonly ready: number;
  readonly fetching: number;
}

/**
 * The state machine of a worker. Pure: no socket, thread, timer or clock; the same core runs in a worker process and in the
 * simulator.
 *
 * ```ts
 * const core = new WorkerCore({ threads: 1 });
 * core.handle({ type: "connected", index: 0, epoch: "e", rejoining: false }, now);
 * for (const instruction of core.handle({ type: "message", message }, now)) perform(instruction);
 * ```
 */
export class WorkerCore {
  readonly #state: WorkerState;

  constructor(settings: Partial<WorkerCoreSettings> & Pick<WorkerCoreSettings, "threads">) {
    this.#state = new WorkerState({ ...DEFAULT_CORE_SETTINGS, ...settings });
  }

  /** Takes in what happened at `now` (milliseconds), and returns what is to be done about it, in order. */
  handle(event: WorkerEvent, now: number): WorkerInstruction[] {
    const state = this.#state;
    state.now = now;
    state.journal.begin(event.type === "message" ? event.message.op : event.type, now);
    this.#react(event);
    if (state.resourcesFreed) {
      state.resourcesFreed = false;
      releaseConstrained(state);
    }
    startGathers(state);
    dispatch(state);
    const instructions = state.out.take(state.tasks);
    if (state.settings.validate) checkInvariants(state);
    return instructions;
  }

  /** By when a `tick` is wanted, by the clock of the events; undefined: nothing waits for time to pass. */
  get deadline(): number | undefined {
    return deadline(this.#state);
  }

  /** The epoch of the scheduler this worker belongs, or last belonged, to; "" before the first. */
  get epoch(): string {
    return this.#state.epoch;
  }

  get counts(): WorkerCounts {
    const { threads, ready, alone, constrained, gathers } = this.#state;
    let executing = 0;
    for (const thread of threads) executing += Math.min(1, thread.queued) + thread.parked;
    return {
      executing,
      ready: ready.size + alone.size + constrained.size,
      fetching: [...gathers.values()].reduce((sum, gather) => sum + gather.tasks.length, 0),
    };
  }

  /** What became of a task here, oldest first, as far back as is remembered. */
  story(task: number): readonly Transition[] {
    return this.#state.journal.of(task);
  }

  /** The state of a task here; undefined when it is not known. */
  stateOf(task: number): keyof typeof State | undefined {
    const known = this.#state.tasks.get(task);
    return known === undefined ? undefined : STATE_NAMES[known.state];
  }

  /**
   * Checks every invariant.
   *
   * @throws WorkerInvariantError for the first that does not hold.
   */
  validate(): void {
    checkInvariants(this.#state);
  }

  #react(event: WorkerEvent): void {
    const state = this.#state;
    switch (event.type) {
      case "message":
        return this.#onMessage(event.message);
      case "connected":
        return onConnected(state, event);
      case "disconnected":
        return onDisconnected(state);
      case "threadsReady":
        state.threadsReady = true;
        return;
      case "finished":
        return onFinished(state, event.batch);
      case "failed":
        return onFailed(state, event.thread, event.failures);
      case "stopped":
        return onStopped(state, event.tasks, event.runs, event.times);
      case "parked":
        return onParked(state, event.thread, event.tasks, event.runs, event.away);
      case "seceded":
        return onSeceded(state, event.thread, event.tasks, event.runs, event.away);
      case "begun":
        return onBegun(state, event.tasks, event.runs, event.startedAt);
      case "replaced":
        return onReplaced(state, event.thread, event.tasks, event.runs);
      case "unsent":
        return onUnsent(state, event.tasks, event.runs);
      case "revoked":
        return onRevoked(state, event.runs, event.granted);
      case "returned":
        state.out.send({ op: "returned", id: event.id, ok: event.ok, bytes: event.bytes });
        return;
      case "fetched":
        return onFetched(state, event);
      case "fetchBusy":
        return onFetchBusy(state, event.gather, event.retryAfter);
      case "fetchFailed":
        return onFetchFailed(state, event.gather);
      case "put":
        return onPut(state, event);
      case "lost":
        return onLost(state, event.tasks);
      case "memory":
        state.paused = event.status === "paused";
        state.out.send({ op: "status", status: event.status, reason: event.reason });
        return;
      case "tick":
        return rebalance(state);
    }
  }

  #onMessage(message: SchedulerToWorker): void {
    const state = this.#state;
    switch (message.op) {
      case "define":
        return state.out.instruct({ to: "threads", action: "define", definitions: message.definitions });
      case "undefine":
        for (const index of message.indices) state.times.forget(index);
        return state.out.instruct({ to: "threads", action: "undefine", hashes: message.hashes });
      case "compute":
        return onCompute(state, message);
      case "free":
        return onFree(state, message);
      case "cancel":
        return onCancel(state, message);
      case "revoke":
        return onRevoke(state, message);
      case "holders":
        return onHolders(state, message);
      case "peers":
        return onPeers(state, message);
      case "replicate":
        return onReplicate(state, message);
      case "adopt":
        return onAdopt(state, message);
      case "call":
        return state.out.instruct({ to: "threads", action: "call", call: message });
      case "watch":
        return state.out.instruct({ to: "shell", action: "watch", interval: message.interval });
      case "listen":
        return state.out.instruct({ to: "shell", action: "listen" });
      case "stop":
        return state.out.instruct({ to: "shell", action: "stop", restart: message.restart, reason: message.reason });
    }
  }
}
