/** One run of a flow: what its code sees of it, what it calls, and what became of that. */
import { randomBytes } from "node:crypto";
import { InvalidOptionError } from "@heddle/client";
import type { Settings } from "@heddle/protocol";
import type { ArtifactParts } from "../context/artifact.js";
import type { FlowScope } from "../context/scope.js";
import { printLine } from "../context/terminal.js";
import { CancelledRunError, UnfinishedRunError } from "../errors/runs.js";
import { FlowDepthError, FlowRunEndedError } from "../errors/usage.js";
import type { FlowDefinition } from "../flow/flow.js";
import type { FlowRunIdentity } from "../flow/flow-options.js";
import { processHistory } from "../history/process-history.js";
import type { Json, LogLevel, RunEventSink } from "../history/run-event.js";
import { filled, randomRunName } from "../options/names.js";
import { NeededResults } from "../results/needed-results.js";
import { ConcurrentTaskRunner } from "../runner/in-process/concurrent-task-runner.js";
import { DirectRunner } from "../runner/in-process/direct-runner.js";
import type { TaskRunner } from "../runner/task-runner.js";
import { StateLog, type StateExtras } from "../state/state-log.js";
import type { Code } from "../state/state-names.js";
import { parametersOf } from "../task/parameters.js";
import type { TaskDefinition } from "../task/task.js";
import { Calls, holdsPlaceIn, runsInOrder } from "./calls.js";
import type { ChildRun } from "./child-run.js";
import type { Caller } from "./enclosing.js";
import { FlowLife } from "./flow-life.js";
import { flowSettings, type FlowSettings } from "./flow-settings.js";
import { parametersText } from "./parameters-text.js";
import { Run } from "./run.js";
import { EventStream } from "./event-stream.js";
import { Tally } from "./tally.js";

/** None where run history is switched off. */
function historySinks(settings: Settings): readonly RunEventSink[] {
  const sink = processHistory(settings);
  return sink === undefined ? [] : [sink];
}

/** The task run of a parent that stands for this run. */
export interface Parent {
  readonly flowRun: FlowRun;
  readonly task: ChildRun;
}

export class FlowRun extends Run implements FlowScope {
  readonly kind = "flow";
  readonly number = -1;
  readonly id = randomBytes(16).toString("hex");
  readonly definition: FlowDefinition;
  readonly parent: Parent | undefined;
  readonly depth: number;
  readonly tags: readonly string[];
  readonly settings: FlowSettings;
  readonly stateLog = new StateLog();
  readonly events: EventStream;
  /** What no store may remove while this run and those around it are open. */
  readonly neededResults: NeededResults;
  readonly runner: TaskRunner;
  readonly #direct = new DirectRunner();
  readonly #calls: Calls;
  readonly #life: FlowLife;
  /** Runs that are not over. */
  readonly #open = new Set<Run>();
  /** How those that are over ended, in this attempt. */
  #tally = new Tally();
  #onIdle: (() => void) | undefined;
  /** Of a runner that does one after the other, what it was given last. */
  #last: Run | undefined;
  #controller: AbortController | undefined;
  #name = "";
  #args: readonly unknown[] = [];
  #hasStarted = false;
  #attempt = 1;
  /** Its code may call nothing any more. */
  #isClosed = false;
  #cancellation: CancelledRunError | undefined;
  /** For a parent's stand-in. */
  onState: (() => void) | undefined;

  /** @throws FlowDepthError */
  constructor(definition: FlowDefinition, parent?: Parent) {
    super();
    const { options } = definition;
    this.definition = definition;
    this.parent = parent;
    this.depth = (parent?.flowRun.depth ?? 0) + 1;
    this.settings = flowSettings(options, parent?.flowRun);
    if (this.depth > this.settings.settings.get("flows.maxDepth"))
      throw new FlowDepthError(definition.name, this.depth);
    this.events = new EventStream(parent?.flowRun.events.sinks ?? historySinks(this.settings.settings));
    this.neededResults = parent?.flowRun.neededResults ?? new NeededResults();
    this.tags = [...new Set([...(parent?.flowRun.tags ?? []), ...options.tags])];
    this.runner = options.runner?.() ?? new ConcurrentTaskRunner();
    this.#calls = new Calls(this, options.retries > 0);
    this.#life = new FlowLife(this);
  }

  get owner(): this {
    return this;
  }

  /** Begins its life; the call returns at once. */
  start(args: readonly unknown[]): void {
    this.#hasStarted = true;
    this.#args = args;
    let refusal: { readonly error: unknown } | undefined;
    try {
      this.#name = this.#nameFor();
    } catch (error) {
      refusal = { error };
      this.#name = randomRunName();
    }
    const { definition, parent, id, name, tags, runner } = this;
    const time = Date.now();
    this.pending(time);
    this.neededResults.add(id);
    this.events.emit({
      kind: "flowRun",
      flowRun: id,
      name,
      flow: definition.name,
      version: definition.version,
      runner: runner.name,
      tags,
      parameters: parametersText(this.parameters, this.settings.settings.get("flows.maxParameters")),
      ...(parent === undefined ? {} : { parent: { flowRun: parent.flowRun.id, number: parent.task.number } }),
      time,
    });
    void this.#life.live(refusal);
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  #nameFor(): string {
    const { flowRunName } = this.definition.options;
    if (flowRunName === undefined) return randomRunName();
    const { parameters } = this;
    const name: unknown = typeof flowRunName === "string" ? filled(flowRunName, parameters) : flowRunName(parameters);
    if (typeof name === "string" && name !== "") return name;
    const problem = `flowRunName must return a string, and returned ${String(name)}`;
    throw new InvalidOptionError(`flow(${this.definition.name})`, "flowRunName", problem);
  }

  // ---- as the scope of its code

  get name(): string {
    return this.#name || this.definition.name;
  }

  get flow(): string {
    return this.definition.name;
  }

  get parameters(): Readonly<Record<string, unknown>> {
    return parametersOf(this.definition.parameters, this.#args);
  }

  get args(): readonly unknown[] {
    return this.#args;
  }

  /** What a schema made of the arguments. */
  useArguments(args: readonly unknown[]): void {
    this.#args = args;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancellation !== undefined) this.#controller.abort(this.#cancellation);
    }
    return this.#controller.signal;
  }

  get logPrints(): boolean {
    return this.settings.forCalls.logPrints;
  }

  get identity(): FlowRunIdentity {
    const { id, name, flow, tags } = this;
    return { id, name, flow, tags };
  }

  log(level: LogLevel, message: string): void {
    this.logFor(-1, level, message);
  }

  logFor(number: number, level: LogLevel, message: string, time = Date.now(), worker?: string): void {
    this.events.emit({
      kind: "log",
      flowRun: this.id,
      number,
      time,
      level,
      message,
      ...(worker === undefined ? {} : { worker }),
    });
  }

  artifact(made: ArtifactParts, number = -1, time = Date.now()): void {
    this.events.emit({ kind: "artifact", flowRun: this.id, number, time, ...made });
  }

  get maxArtifact(): number {
    return this.settings.settings.get("flows.maxArtifact");
  }

  /** Says something about a run to whoever sits at the terminal, and to its log. */
  say(level: LogLevel, message: string, number = -1): void {
    printLine(level, `${this.flow}, ${this.name}`, message);
    this.logFor(number, level, message);
  }

  // ---- what its code calls

  /** A run on the flow's runner. */
  submit(what: string, task: TaskDefinition, args: readonly unknown[], caller: Caller): Run {
    this.#assertOpen(what, caller);
    // What waits in the only place of a runner must not wait for that place.
    return this.#begin(task, args, holdsPlaceIn(caller.execution, this.runner) ? this.#direct : this.runner);
  }

  /** A run in this process. */
  call(what: string, task: TaskDefinition, args: readonly unknown[], caller: Caller): Run {
    this.#assertOpen(what, caller);
    const isInOrder = caller.execution === undefined && runsInOrder(this.runner);
    return this.#begin(task, args, isInOrder ? this.runner : this.#direct);
  }

  child(what: string, definition: FlowDefinition, args: readonly unknown[], caller: Caller): Run {
    this.#assertOpen(what, caller);
    const { run, isNew } = this.#calls.makeChild(definition, args);
    if (isNew && caller.execution === undefined && this.#last !== undefined) run.waitFor(this.#last);
    if (isNew) this.#follow(run);
    else this.#tally.add(run);
    return run;
  }

  #begin(task: TaskDefinition, args: readonly unknown[], runner: TaskRunner): Run {
    const run = this.#calls.make(task, args, runner);
    if (run.isSettled) this.#tally.add(run);
    else this.#follow(run);
    if (runner === this.runner && runsInOrder(runner)) this.#last = run;
    return run;
  }

  #follow(run: Run & { begin(): void }): void {
    this.#open.add(run);
    run.begin();
    if (this.#cancellation !== undefined) run.cancel();
  }

  #assertOpen(what: string, { attempt }: Caller): void {
    if (attempt !== this.#attempt) throw new FlowRunEndedError(what, this.name, attempt);
    if (this.#isClosed || this.isSettled) throw new FlowRunEndedError(what, this.name);
  }

  runSettled(run: Run): void {
    if (!this.#open.delete(run)) return;
    this.#tally.add(run);
    if (this.#open.size === 0) this.#onIdle?.();
  }

  // ---- for its life

  get outcomes(): Tally {
    return this.#tally;
  }

  /** Resolves when every run it called is over, those that come meanwhile included. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  /** Its code ran, and what it called is over: nothing more may be called. */
  close(): void {
    this.#isClosed = true;
  }

  /** The attempt that its body is in, from 1. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Its body begins anew. */
  restart(): void {
    this.#attempt++;
    this.#calls.restart();
    this.#tally = new Tally();
    this.#isClosed = false;
    // That of the last attempt may be aborted.
    if (this.#cancellation === undefined) this.#controller = undefined;
  }

  cancelCalls(): void {
    for (const run of [...this.#open]) run.cancel();
  }

  stopDirectCalls(): Promise<void> {
    return this.#direct.stop();
  }

  enterState(code: Code, extras?: StateExtras, result?: Json): void {
    this.enter(code, Date.now(), extras, result);
    this.onState?.();
  }

  end(): void {
    if (this.parent === undefined) this.neededResults.release();
    this.settle();
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }

  get isCancelled(): boolean {
    return this.#cancellation !== undefined;
  }

  // ---- as a run

  cancel(): void {
    if (this.isSettled || this.#cancellation !== undefined || this.#life.isEnding) return;
    this.#cancellation = new CancelledRunError(this.name);
    this.#life.cancel(this.#cancellation);
  }

  /** Its result is kept beyond this process. */
  get isStored(): boolean {
    return this.#life.isStored;
  }

  override error(): unknown {
    return this.#life.end?.error ?? super.error();
  }

  async value(): Promise<unknown> {
    const { end } = this.#life;
    if (end === undefined) throw new UnfinishedRunError(this.name, String(this.state()));
    return this.#life.value();
  }
}
