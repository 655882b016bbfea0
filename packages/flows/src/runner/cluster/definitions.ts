import { capture, type Captured } from "@heddle/closures";
import type { PreparedFunction, RunClient } from "@heddle/client/runs";
// By the package's own name: a worker imports this entry, and nothing else of the package.
// eslint-disable-next-line no-restricted-imports
import { runOnWorker, type RunFrame } from "@heddle/flows/worker";
import type { TaskOptions } from "@heddle/protocol";
import type { CallPolicy, TaskCall } from "../../task/task-call.js";

interface Definition {
  /** What the function was when it was captured. */
  readonly captured: Captured;
  readonly tags: readonly string[];
  readonly prepared: PreparedFunction;
}

/** What travels for each task of a flow run: made once, and again only when the function, or what it uses, has changed. */
export class Definitions {
  readonly #client: RunClient;
  readonly #flowRun: string;
  readonly #known = new Map<TaskCall, Definition>();

  constructor(client: RunClient, flowRun: string) {
    this.#client = client;
    this.#flowRun = flowRun;
  }

  /**
   * @param maxArtifact - the same for all runs of the flow run
   * @throws FunctionNotSerializableError naming the variable that cannot be copied
   */
  of(call: TaskCall, tags: readonly string[], maxArtifact: number): PreparedFunction {
    const known = this.#known.get(call);
    // A capture is the same object as long as nothing it reached has changed.
    const captured = capture(call.fn);
    if (known?.captured === captured && sameTags(known.tags, tags)) return known.prepared;
    const prepared = this.#client.prepare(
      travelling(call, { flowRun: this.#flowRun, tags, maxArtifact }),
      call.task,
      optionsOf(call.policy),
    );
    this.#known.set(call, { captured, tags, prepared });
    return prepared;
  }
}

/** The function that runs on the worker. What it closes over goes with it, in its definition. */
function travelling({ fn, task, parameters, policy }: TaskCall, frame: RunFrame): (...args: unknown[]) => unknown {
  const call = { fn, task, parameters, policy };
  return (args) => runOnWorker(call, frame, args as unknown[]);
}

function optionsOf({ retries, priority, resources, idempotent, persist }: CallPolicy): TaskOptions | undefined {
  const options: TaskOptions = {
    ...(retries > 0 ? { retries } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(resources === undefined ? {} : { resources }),
    ...(idempotent === false ? { idempotent, ...(persist ? { restores: true } : {}) } : {}),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}

function sameTags(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((tag, index) => tag === other[index]));
}
