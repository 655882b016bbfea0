/** The task run of a parent that stands for the run of a subflow. */
import { findFutures, replaceFutures, type Found } from "../arguments/futures-in.js";
import { FailureAllowed } from "../arguments/marks.js";
import { UnfinishedRunError } from "../errors/runs.js";
import type { FlowDefinition } from "../flow/flow.js";
import { runOf } from "../future/task-future.js";
import type { StateDetails } from "../state/state.js";
import { Code, STATES } from "../state/state-names.js";
import { FlowRun } from "./flow-run.js";
import { Run } from "./run.js";

export class ChildRun extends Run {
  readonly owner: FlowRun;
  readonly number: number;
  readonly name: string;
  readonly #args: readonly unknown[];
  /** What has to be over before it begins, and whether that may have failed. */
  readonly #upstream = new Map<Run, boolean>();
  readonly #child: FlowRun;
  #open = 0;

  constructor(owner: FlowRun, number: number, name: string, definition: FlowDefinition, args: readonly unknown[]) {
    super();
    this.owner = owner;
    this.number = number;
    this.name = name;
    this.#args = args;
    findFutures(args, (found: Found) => {
      const mayFail = found instanceof FailureAllowed;
      this.#upstream.set(runOf(mayFail ? found.future : found), mayFail);
    });
    this.#child = new FlowRun(definition, { flowRun: owner, task: this });
    const time = Date.now();
    this.pending(time);
    owner.events.emit({
      kind: "taskRun",
      flowRun: owner.id,
      number,
      name: this.name,
      task: definition.name,
      tags: owner.tags,
      upstream: [...this.#upstream.keys()].filter((run) => run.owner === owner).map((run) => run.number),
      childFlowRun: this.#child.id,
      time,
    });
  }

  /** Before `begin`: waits for that one too, however it ends. */
  waitFor(run: Run): void {
    if (!this.#upstream.has(run)) this.#upstream.set(run, true);
  }

  /** Runs the subflow as soon as what is among its arguments is over. */
  begin(): void {
    for (const run of this.#upstream.keys()) {
      if (run.isSettled) continue;
      this.#open++;
      run.whenSettled(() => {
        if (--this.#open === 0) void this.#start();
      });
    }
    if (this.#open === 0) void this.#start();
  }

  async #start(): Promise<void> {
    if (this.isSettled) return;
    for (const [run, mayFail] of this.#upstream)
      if (!mayFail && !run.isCompleted) {
        const message = `waits for ${run.name}, which ended as ${String(run.state())}`;
        this.enter(Code.notReady, Date.now(), { message, details: { upstream: run.name } });
        this.#end();
        return;
      }
    const values = new Map<Run, unknown>();
    for (const run of this.#upstream.keys())
      values.set(run, run.isCompleted ? await run.value().catch((error: unknown) => error) : run.error());
    const args = replaceFutures(this.#args, (found) =>
      values.get(runOf(found instanceof FailureAllowed ? found.future : found)),
    );
    if (this.isSettled) return;
    const child = this.#child;
    child.onState = () => this.#mirror();
    child.whenSettled(() => this.#end());
    child.start(args);
  }

  /** Its states are those of the subflow. */
  #mirror(): void {
    const code = this.#child.code;
    const state = this.#child.state();
    this.enter(code, state.timestamp, {
      ...(state.message === undefined ? {} : { message: state.message }),
      ...(state.name === STATES[code].name ? {} : { name: state.name }),
      data: state.data,
    });
  }

  #end(): void {
    this.settle();
    this.owner.runSettled(this);
  }

  /** It completed and its result is kept. */
  get stands(): boolean {
    return this.isSettled && this.isCompleted && this.#child.isStored;
  }

  override error(): unknown {
    if (this.code === Code.notReady) return new UnfinishedRunError(this.name, String(this.state()));
    return this.#child.error();
  }

  async value(): Promise<unknown> {
    if (this.#child.isSettled) return this.#child.value();
    throw this.isSettled ? this.error() : new UnfinishedRunError(this.name, String(this.state()));
  }

  cancel(): void {
    if (this.isSettled) return;
    if (this.#child.hasStarted) this.#child.cancel();
    else {
      this.enter(Code.cancelled, Date.now());
      this.#end();
    }
  }

  protected override details(): StateDetails {
    return { ...super.details(), childFlowRunId: this.#child.id };
  }
}
