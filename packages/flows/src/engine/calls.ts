/** Task runs of one flow run: their numbers and names, what their calls inherit, and which of an earlier attempt stand. */
import { isTaskFuture, runOf } from "../future/task-future.js";
import { InvalidOptionError } from "@heddle/client";
import { filled } from "../options/names.js";
import type { LocalExecution } from "../runner/in-process/local-execution.js";
import { SequentialTaskRunner } from "../runner/in-process/sequential-task-runner.js";
import type { TaskRunner } from "../runner/task-runner.js";
import { parametersOf } from "../task/parameters.js";
import type { TaskCall } from "../task/task-call.js";
import type { TaskDefinition } from "../task/task.js";
import type { FlowDefinition } from "../flow/flow.js";
import { ChildRun } from "./child-run.js";
import type { FlowRun } from "./flow-run.js";
import { taskCall, taskHooks } from "./task-policy.js";
import { TaskRun, type TaskRunHooks } from "./task-run.js";

interface Prepared {
  readonly call: TaskCall;
  readonly hooks: TaskRunHooks | undefined;
  readonly tags: readonly string[];
}

export class Calls {
  readonly #flowRun: FlowRun;
  readonly #prepared = new Map<TaskDefinition, Prepared>();
  /** How often each name was called in this attempt. */
  readonly #ordinals = new Map<string, number>();
  #nextNumber = 0;
  /** Where the flow may run again: its task runs by name and ordinal. */
  readonly #earlier: Map<string, TaskRun> | undefined;
  readonly #earlierChildren: Map<string, ChildRun> | undefined;

  constructor(flowRun: FlowRun, mayRunAgain: boolean) {
    this.#flowRun = flowRun;
    if (!mayRunAgain) return;
    this.#earlier = new Map();
    this.#earlierChildren = new Map();
  }

  /** The flow's body begins anew, and counts anew. */
  restart(): void {
    this.#ordinals.clear();
  }

  /** Numbers count over all tasks and subflows. */
  takeNumber(): number {
    return this.#nextNumber++;
  }

  /** @returns n of `<name>-<n>` */
  takeOrdinal(name: string): number {
    const ordinal = this.#ordinals.get(name) ?? 0;
    this.#ordinals.set(name, ordinal + 1);
    return ordinal;
  }

  /**
   * The run of a call: a new one that is to begin, or one that stands from an earlier attempt of the flow.
   *
   * @param runner - the one it is submitted to
   */
  make(task: TaskDefinition, args: readonly unknown[], runner: TaskRunner): TaskRun {
    const { call, hooks, tags } = this.#prepare(task);
    const ordinal = this.takeOrdinal(task.name);
    const identity = `${task.name}-${ordinal}`;
    const earlier = this.#earlier?.get(identity);
    if (earlier?.stands === true) return earlier;
    const run = new TaskRun({
      owner: this.#flowRun,
      number: earlier?.number ?? this.takeNumber(),
      name: earlier?.name ?? runName(task, identity, args),
      tags,
      call,
      args,
      waitFor: task.options.waitFor,
      runner,
      hooks,
      earlier,
    });
    this.#earlier?.set(identity, run);
    return run;
  }

  /** The stand-in of a subflow's run; the same as for tasks, but that one that did not complete gets a new run. */
  makeChild(definition: FlowDefinition, args: readonly unknown[]): { readonly run: ChildRun; readonly isNew: boolean } {
    const ordinal = this.takeOrdinal(definition.name);
    const identity = `${definition.name}-${ordinal}`;
    const earlier = this.#earlierChildren?.get(identity);
    if (earlier?.stands === true) return { run: earlier, isNew: false };
    const run = new ChildRun(this.#flowRun, this.takeNumber(), identity, definition, args);
    this.#earlierChildren?.set(identity, run);
    return { run, isNew: true };
  }

  #prepare(task: TaskDefinition): Prepared {
    let prepared = this.#prepared.get(task);
    if (prepared === undefined) {
      const { tags } = this.#flowRun;
      prepared = {
        call: taskCall(task, this.#flowRun.settings.forCalls),
        hooks: taskHooks(task, this.#flowRun),
        tags: task.options.tags.length === 0 ? tags : [...new Set([...tags, ...task.options.tags])],
      };
      this.#prepared.set(task, prepared);
    }
    return prepared;
  }
}

/** @throws InvalidOptionError when a function makes something else than a string */
function runName(task: TaskDefinition, identity: string, args: readonly unknown[]): string {
  const { taskRunName } = task.options;
  if (taskRunName === undefined) return identity;
  const shown = args.map((arg) =>
    typeof arg === "object" && arg !== null && isTaskFuture(arg) ? runOf(arg).name : arg,
  );
  const parameters = parametersOf(task.parameters, shown);
  const name: unknown = typeof taskRunName === "string" ? filled(taskRunName, parameters) : taskRunName(parameters);
  if (typeof name === "string" && name !== "") return name;
  throw new InvalidOptionError(
    `task(${task.name})`,
    "taskRunName",
    `taskRunName must return a string, and returned ${String(name)}`,
  );
}

/** Whether code of `execution` waits in a runner's only place, so that what it submits there would wait for itself. */
export function holdsPlaceIn(execution: LocalExecution | undefined, runner: TaskRunner): boolean {
  return execution !== undefined && execution.task instanceof TaskRun && execution.task.runner === runner;
}

export function runsInOrder(runner: TaskRunner): boolean {
  return runner instanceof SequentialTaskRunner;
}
