/** What task runs, subflows' stand-ins and flow runs have in common: a line of states, an end, and those who wait for it. */
import type { Json, RunStateChanged } from "../history/run-event.js";
import type { State } from "../state/state.js";
import { stateOfRun, type StateDetails, type StateParts } from "../state/state.js";
import type { StateExtras, StateLog } from "../state/state-log.js";
import { Code, STATES } from "../state/state-names.js";
import type { StateType } from "../state/state-type.js";
import type { EventStream } from "./event-stream.js";

/** The flow run that keeps a run's states. */
export interface RunOwner {
  readonly id: string;
  readonly stateLog: StateLog;
  readonly events: EventStream;
}

type Waiter = () => void;

export abstract class Run {
  /** Row of the newest state. */
  #last = -1;
  #isSettled = false;
  #waiters: Waiter | Waiter[] | undefined;

  abstract readonly owner: RunOwner;
  /** -1: the flow run itself. */
  abstract readonly number: number;
  abstract readonly name: string;

  /** The result of a completed run. Rejects with what another one ended with. */
  abstract value(): Promise<unknown>;
  abstract cancel(): void;

  /** Nothing more happens to it: it is in a final state, or will not run. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  get code(): Code {
    return this.owner.stateLog.code(this.#last);
  }

  get type(): StateType {
    return STATES[this.code].type;
  }

  get isCompleted(): boolean {
    return this.type === "Completed";
  }

  /** What it ended with when it did not complete. */
  error(): unknown {
    return this.state().error();
  }

  state(): State {
    return this.#stateAt(this.#last);
  }

  states(): State[] {
    const states: State[] = [];
    for (let row = this.#last; row >= 0; row = this.owner.stateLog.previous(row)) states.push(this.#stateAt(row));
    return states.reverse();
  }

  /** Calls back once, when it is settled; at once when it is already. */
  whenSettled(waiter: Waiter): void {
    if (this.#isSettled) waiter();
    else if (this.#waiters === undefined) this.#waiters = waiter;
    else if (typeof this.#waiters === "function") this.#waiters = [this.#waiters, waiter];
    else this.#waiters.push(waiter);
  }

  /** The first state; creation says it to history. */
  protected pending(time: number): void {
    this.#last = this.owner.stateLog.append(-1, Code.pending, time, undefined);
  }

  /** The same run once more, in another attempt of its flow: its line of states goes on. */
  protected pendingAgain(earlier: Run, time: number): void {
    this.#last = earlier.#last;
    this.enter(Code.pending, time);
  }

  protected enter(code: Code, time: number, extras?: StateExtras, result?: Json): void {
    const { owner, number } = this;
    this.#last = owner.stateLog.append(this.#last, code, time, extras);
    const { type, name } = STATES[code];
    if (extras === undefined && result === undefined) {
      owner.events.emit({ kind: "state", flowRun: owner.id, number, type, name, time });
      return;
    }
    owner.events.emit({
      kind: "state",
      flowRun: owner.id,
      number,
      type,
      name: extras?.name ?? name,
      time,
      ...(extras?.message === undefined ? {} : { message: extras.message }),
      ...(extras?.details === undefined ? {} : told(extras.details)),
      ...(result === undefined ? {} : { result }),
    });
  }

  protected settle(): void {
    this.#isSettled = true;
    const waiters = this.#waiters;
    this.#waiters = undefined;
    if (typeof waiters === "function") waiters();
    else if (waiters !== undefined) for (const waiter of waiters) waiter();
  }

  protected extras(): StateExtras | undefined {
    return this.owner.stateLog.extras(this.#last);
  }

  /** Ids that all states of the run carry. */
  protected details(): StateDetails {
    const { id } = this.owner;
    return this.number < 0 ? { flowRunId: id } : { flowRunId: id, taskRunId: `${id}-${this.number}` };
  }

  #stateAt(row: number): State {
    const { stateLog: log, id } = this.owner;
    const { type, name } = STATES[log.code(row)];
    const extras = log.extras(row);
    const parts: StateParts = {
      id: `${id}.${row}`,
      type,
      name: extras?.name ?? name,
      timestamp: log.time(row),
      data: extras?.data,
      details: { ...this.details(), ...(extras?.details as StateDetails | undefined) },
      ...(extras?.message === undefined ? {} : { message: extras.message }),
    };
    return stateOfRun(parts, this.name, () => this.value());
  }
}

/** Details as an event has them: the worker is a field of its own there. */
function told(details: Readonly<Record<string, Json>>): Pick<RunStateChanged, "details" | "worker"> {
  const { worker, ...others } = details;
  if (typeof worker !== "string") return { details };
  return Object.keys(others).length === 0 ? { worker } : { worker, details: others };
}
