/** What task runs inherit from their flow run, and what follows their states. */
import type { KeeperDescription } from "../results/stored-result.js";
import type { StoreDescription } from "../results/result-store.js";
import type { SerializerDescription } from "../results/serializers/serializer.js";
import { homeStore } from "../results/stores/store-registry.js";
import type { CallPolicy, TaskCall } from "../task/task-call.js";
import type { TaskDefinition } from "../task/task.js";
import type { FlowRun } from "./flow-run.js";
import { callHooks } from "./hooks.js";
import type { TaskRun, TaskRunHooks } from "./task-run.js";

/** What a flow run gives to its task runs and subflows where they say nothing themselves. */
export interface Inherited {
  readonly persist: boolean;
  /** undefined: the setting's, or the directory in the user's home. */
  readonly storage: StoreDescription | undefined;
  readonly serializer: SerializerDescription | undefined;
  readonly logPrints: boolean;
}

export function taskCall(task: TaskDefinition, inherited: Inherited): TaskCall {
  const { options } = task;
  const { caching } = options;
  const persist = options.persist ?? (caching !== undefined || inherited.persist);
  const policy: CallPolicy = {
    retries: options.retries,
    retryDelays: options.retryDelays,
    retryJitter: options.retryJitter,
    ...(options.retryCondition === undefined ? {} : { retryCondition: options.retryCondition }),
    timeout: options.timeout,
    logPrints: options.logPrints ?? inherited.logPrints,
    persist,
    ...(persist
      ? { keeper: { ...keeper(options, inherited), ...(options.idempotent === false ? { always: true } : {}) } }
      : {}),
    ...(caching === undefined
      ? {}
      : {
          caching: {
            key: typeof caching.by === "function" ? caching.by : caching.by.keyFunction(task.fn),
            expiration: caching.expiration,
            refresh: caching.refresh,
          },
        }),
    cacheInMemory: options.cacheInMemory,
    ...(options.resources === undefined ? {} : { resources: options.resources }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.idempotent === undefined ? {} : { idempotent: options.idempotent }),
  };
  return { fn: task.fn, task: task.name, parameters: task.parameters, policy };
}

/** How results are kept by one who says so much, within what is inherited. */
export function keeper(
  options: {
    readonly storage: StoreDescription | undefined;
    readonly serializer: SerializerDescription | undefined;
    readonly storageKey?: string | undefined;
  },
  inherited: Inherited,
): KeeperDescription {
  const serializer = options.serializer ?? inherited.serializer;
  return {
    store: options.storage ?? inherited.storage ?? homeStore().describe(),
    ...(serializer === undefined ? {} : { serializer }),
    ...(options.storageKey === undefined ? {} : { storageKey: options.storageKey }),
  };
}

/** undefined: nothing follows. */
export function taskHooks(task: TaskDefinition, flowRun: FlowRun): TaskRunHooks | undefined {
  const { onCompletion, onFailure, onRetry } = task.options;
  if (onCompletion.length + onFailure.length + onRetry.length === 0) return undefined;
  const info = { name: task.name, retries: task.options.retries };
  const call = (hooks: typeof onRetry, run: TaskRun): void | Promise<void> =>
    callHooks(hooks, [info, run.identity, run.state()], flowRun, (level, message) =>
      flowRun.say(level, message, run.number),
    );
  return {
    afterRetry: (run) => void call(onRetry, run),
    afterEnd: (run, done) => {
      const hooks = run.isCompleted ? onCompletion : run.type === "Failed" || run.type === "Crashed" ? onFailure : [];
      const later = call(hooks, run);
      if (later === undefined) done();
      else void later.then(done);
    },
  };
}
