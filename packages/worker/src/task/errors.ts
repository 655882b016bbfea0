import { HeddleError, registerError } from "@heddle/protocol/values";

/** `currentTask()` and its like were called where no task is running. */
export class NotInTaskError extends HeddleError {
  constructor(readonly what: string) {
    super(
      "HEDDLE_NOT_IN_TASK",
      `${what} was called outside a task: call it in the function that is submitted, or in what that function calls or awaits`,
    );
  }
}
registerError(NotInTaskError);

/** A file that a worker imports for tasks did at its top level what a program does: made a client or a cluster, called a flow. */
export class ImportedProgramError extends HeddleError {
  constructor(
    /** "new Client()" */
    readonly what: string,
    /** Where in the client's source: "/home/me/tasks.ts:4:1". Undefined when it is not known. */
    readonly location: string | undefined,
  ) {
    super(
      "HEDDLE_IMPORTED_PROGRAM",
      location === undefined
        ? `${what} was called on a worker outside any task: a file that tasks import must not call it at its top level. ` +
            "Move it to the main script, or into a function that is submitted"
        : `${what} was called at the top level of a file that a worker imports for a task (${location}). ` +
            "Move it to the main script, or what the task needs to a file of its own",
    );
  }
}
registerError(ImportedProgramError);

/** A task threw, or rejected with, something that is not an Error. */
export class ThrownValueError extends HeddleError {
  constructor(
    /** What was thrown. */
    readonly thrown: unknown,
  ) {
    super(
      "HEDDLE_THROWN_VALUE",
      `the task threw ${describe(thrown)}, which is not an Error; throw an Error to have a stack`,
    );
  }
}
registerError(ThrownValueError);

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object";
  }
  if (typeof value === "function") return "a function";
  return String(value);
}

/** A task ran longer than its `timeout`. */
export class TaskTimeoutError extends HeddleError {
  constructor(
    /** Milliseconds from the start of the body. */
    readonly timeout: number,
  ) {
    super("HEDDLE_TASK_TIMEOUT", `the task ran longer than its timeout of ${timeout} ms and was stopped`);
  }
}
registerError(TaskTimeoutError);

/** Somebody cancelled the task: the reason of its signal, and what its future rejects with. */
export class TaskCancelledError extends HeddleError {
  constructor(
    /** Absent inside the task itself. */
    readonly key?: string,
  ) {
    super("HEDDLE_TASK_CANCELLED", key === undefined ? "the task was cancelled" : `the task ${key} was cancelled`);
  }
}
registerError(TaskCancelledError);

/** The heap of a task's thread was exhausted. */
export class TaskOutOfMemoryError extends HeddleError {
  constructor(
    /** Number of tasks that were on the thread: which of them took the memory is only known when it is one. */
    readonly suspects: number,
  ) {
    const who =
      suspects === 1 ? "the task exhausted" : `${suspects} tasks that shared a thread, this one among them, exhausted`;
    super(
      "HEDDLE_TASK_OUT_OF_MEMORY",
      `${who} the JavaScript heap of its thread; work on smaller pieces, or put the data into typed arrays, which are outside it`,
    );
  }
}
registerError(TaskOutOfMemoryError);

/** A task called process.exit, or its thread ended in another way. */
export class TaskExitedError extends HeddleError {
  constructor(
    readonly exitCode: number,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_TASK_EXITED",
      `the task ended its thread with exit code ${exitCode}, by process.exit or an error that nothing caught; return or throw instead`,
      options,
    );
  }
}
registerError(TaskExitedError);

/** The thread of a task failed, again, while it had to do with that task, though not in the task itself. */
export class ThreadBrokenError extends HeddleError {
  constructor(
    /** What failed, with its stack. */
    readonly detail: string,
  ) {
    super(
      "HEDDLE_THREAD_BROKEN",
      `the executor thread failed while it had to do with this task, twice (${detail.split("\n", 1)[0]}); look for a task that ` +
        "replaces standard functions, else report it",
    );
  }
}
registerError(ThreadBrokenError);

/** A large input that tasks share was written to. */
export class InputMutatedError extends HeddleError {
  constructor(
    /** Id of the task whose result was damaged. */
    readonly input: number,
  ) {
    super(
      "HEDDLE_INPUT_MUTATED",
      "an input changed while the task ran: large typed arrays are shared between tasks and may only be read; " +
        "copy it first (array.slice()), or ask for private copies with { copyInputs: true }",
    );
  }
}
registerError(InputMutatedError);

/** A native addon does not load in threads, where tasks run. */
export class NativeAddonError extends HeddleError {
  constructor(options: ErrorOptions) {
    super(
      "HEDDLE_NATIVE_ADDON",
      "a native addon that a task imports cannot be loaded in a thread: it was not built to be context-aware; " +
        "look for a newer version of the package, or use it in a child process that the task starts",
      options,
    );
  }
}
registerError(NativeAddonError);

/** What an attempt throws that no other may follow, however many retries are left. The task fails with `cause`. */
export class FinalFailure extends HeddleError {
  constructor(
    cause: unknown,
    /** Plain data that goes with the failure's record, beside the error. */
    readonly facts?: Readonly<Record<string, unknown>>,
  ) {
    super("HEDDLE_FINAL_FAILURE", "the task asked for no further attempt", { cause });
  }
}
registerError(FinalFailure);

/** What `reschedule()` throws. Nothing but the executor should catch it. */
export class RescheduleRequest extends HeddleError {
  constructor(readonly reason: string) {
    super("HEDDLE_RESCHEDULE", `the task asked to be run somewhere else${reason === "" ? "" : `: ${reason}`}`);
  }
}
registerError(RescheduleRequest);
