/** Errors of the program that calls the client. */
import { HeddleError, closest, registerError } from "@heddle/protocol";

/** An option that does not exist, or a value it cannot have. `option` names it, `where` the call. */
export class InvalidOptionError extends HeddleError {
  constructor(
    readonly where: string,
    readonly option: string,
    problem: string,
  ) {
    super("HEDDLE_INVALID_OPTION", `${where}: ${problem}`);
  }
}
registerError(InvalidOptionError);

/**
 * Refuses names that are no options.
 *
 * @throws InvalidOptionError with the nearest name that is one.
 */
export function checkOptionNames(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const suggestion = closest(name, known);
    const hint = suggestion === undefined ? `There are: ${known.join(", ")}` : `Did you mean ${suggestion}?`;
    throw new InvalidOptionError(where, name, `there is no option ${name}. ${hint}`);
  }
}

/** An argument of another kind than the call takes. */
export class InvalidArgumentError extends HeddleError {
  constructor(
    readonly where: string,
    problem: string,
  ) {
    super("HEDDLE_INVALID_ARGUMENT", `${where}: ${problem}`);
  }
}
registerError(InvalidArgumentError);

/** A future of one client was given to another. Futures are names in their client's cluster; give the value, or scatter it. */
export class ForeignFutureError extends HeddleError {
  constructor(readonly key: string) {
    super(
      "HEDDLE_FOREIGN_FUTURE",
      `the future ${key} belongs to another client: submit with the client that made it, or pass its value (await future.result())`,
    );
  }
}
registerError(ForeignFutureError);

/** A future was used after `release()`. */
export class ReleasedFutureError extends HeddleError {
  constructor(readonly key: string) {
    super(
      "HEDDLE_FUTURE_RELEASED",
      `the future ${key} was released, so its result may be gone: release a future after its last use`,
    );
  }
}
registerError(ReleasedFutureError);

/** A graph refers back to itself. `keys` lists the tasks around the cycle, the first one again at the end. */
export class CyclicGraphError extends HeddleError {
  constructor(readonly keys: readonly string[]) {
    super(
      "HEDDLE_CYCLIC_GRAPH",
      `the graph has a cycle: ${abridged(keys).join(" -> ")}. An array or object among the arguments was given a Delayed that depends on it`,
    );
  }
}
registerError(CyclicGraphError);

const SHOWN = 12;

function abridged(keys: readonly string[]): readonly string[] {
  if (keys.length <= SHOWN) return keys;
  return [...keys.slice(0, SHOWN / 2), `(${keys.length - SHOWN} more)`, ...keys.slice(-SHOWN / 2)];
}

/** A Delayed was used as if it were its value. */
export class DelayedUseError extends HeddleError {
  constructor(problem: string) {
    super("HEDDLE_DELAYED_USE", problem);
  }
}
registerError(DelayedUseError);

/** Arguments of one task that are too large to travel with it. `bytes` is how large they are. */
export class ArgumentsTooLargeError extends HeddleError {
  constructor(
    readonly task: string,
    readonly bytes: number,
    limit: number,
  ) {
    super(
      "HEDDLE_ARGUMENTS_TOO_LARGE",
      `the arguments of ${task} take ${Math.ceil(bytes / 2 ** 20)} MiB, more than the ${limit / 2 ** 20} MiB that travel with a task: ` +
        "put the data on the workers first (await client.scatter(data)) and pass the future",
    );
  }
}
registerError(ArgumentsTooLargeError);

/** A graph with more nodes than a picture can show. */
export class GraphTooLargeError extends HeddleError {
  constructor(
    readonly nodes: number,
    most: number,
  ) {
    super(
      "HEDDLE_GRAPH_TOO_LARGE",
      `the graph has ${nodes} tasks, and a picture shows at most ${most}: write a .dot or .json file, or draw a part of it`,
    );
  }
}
registerError(GraphTooLargeError);
