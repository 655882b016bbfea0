/** Results and errors of tasks, from where they are: small results came along, big ones are fetched from a worker that has them. */
import { setTimeout as delay } from "node:timers/promises";
import { parseDuration, type Duration, type EncodedValue, type Location } from "@heddle/protocol";
import { TaskCancelledError } from "@heddle/worker/task";
import { DataLostError, WaitTimeoutError } from "../errors/tasks.js";
import { decode, decodeNow } from "./decoding.js";
import { errorOf } from "./failures.js";
import { keepAlive } from "./keep-alive.js";
import type { Session } from "./session.js";
import type { TaskList } from "./settlement.js";
import type { Transfer } from "./transfer.js";

/** Pauses before a result that no holder gave is looked for again; a worker that died is noticed meanwhile. Milliseconds. */
const PAUSES = [20, 50, 100, 200, 400, 800, 1600, 3200];

/** A timer that is set for longer fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export type ErrorMode = "raise" | "skip";

interface Wanted {
  readonly task: number;
  readonly resolve: (value: EncodedValue | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export class Results {
  readonly #session: Session;
  readonly #transfer: Transfer;
  /** What was asked for in this turn: located by one question. */
  #wanted: Wanted[] = [];

  constructor(session: Session, transfer: Transfer) {
    this.#session = session;
    this.#transfer = transfer;
  }

  /** @throws the task's error, WaitTimeoutError */
  async value(task: number, timeout?: Duration): Promise<unknown> {
    const inline = this.#session.core.inline(task);
    if (inline !== undefined) return decode(inline);
    const deadline = new Deadline(timeout);
    for (;;) {
      await this.#settled([task], deadline);
      const found = await deadline.limit(this.#read(task));
      if (found !== undefined) return found.value;
    }
  }

  /** @throws WaitTimeoutError */
  async error(task: number, timeout?: Duration): Promise<Error | undefined> {
    await this.#settled([task], new Deadline(timeout));
    return this.#session.status(task) === "finished" ? undefined : this.#reason(task);
  }

  /**
   * The values in order; with `skip`, without those of failed tasks. Rejects with the first error otherwise, as soon as there is
   * one.
   */
  async gather(tasks: TaskList, mode: ErrorMode, timeout?: Duration): Promise<unknown[]> {
    const deadline = new Deadline(timeout);
    const values = new Array<unknown>(tasks.length);
    const failed = new Set<number>();
    let missing = Array.from(tasks, (_, index) => index);
    while (missing.length > 0) {
      const waitedFor = missing.map((index) => tasks[index]!);
      if (!(await this.#session.until(waitedFor, mode === "raise" ? "firstError" : "all", deadline.left)))
        throw new WaitTimeoutError(`results of ${waitedFor.length} tasks`, deadline.whole);
      // Before anything is fetched: what is under way must not be left to itself.
      if (mode === "raise")
        for (const index of missing) if (this.#hasFailed(tasks[index]!)) throw this.#reason(tasks[index]!);
      const reads: Promise<void>[] = [];
      const still: number[] = [];
      for (const index of missing) {
        const task = tasks[index]!;
        const inline = this.#session.core.inline(task);
        if (inline !== undefined) {
          const decoded = decodeNow(inline);
          if ("value" in decoded) values[index] = decoded.value;
          else reads.push(decoded.later.then((value) => void (values[index] = value)));
          continue;
        }
        const status = this.#session.status(task);
        if (status === "finished") {
          reads.push(
            this.#read(task).then((found) => {
              if (found === undefined) still.push(index);
              else values[index] = found.value;
            }),
          );
        } else if (status === "pending") still.push(index);
        else {
          this.#reason(task);
          failed.add(index);
        }
      }
      await deadline.limit(Promise.all(reads));
      missing = still;
    }
    return failed.size === 0 ? values : values.filter((_, index) => !failed.has(index));
  }

  #hasFailed(task: number): boolean {
    const status = this.#session.status(task);
    return status !== "pending" && status !== "finished";
  }

  async #settled(tasks: TaskList, deadline: Deadline): Promise<void> {
    if (!(await this.#session.until(tasks, "all", deadline.left)))
      throw new WaitTimeoutError(`the result of ${this.#session.keyText(tasks[0]!)}`, deadline.whole);
  }

  /** The value of a settled task; undefined when its result is gone again and will be computed. */
  async #read(task: number): Promise<{ readonly value: unknown } | undefined> {
    const { core } = this.#session;
    for (const pause of PAUSES) {
      const inline = core.inline(task);
      if (inline !== undefined) return { value: await decode(inline) };
      const status = core.status(task);
      if (status === "pending") return undefined;
      if (status !== "finished") throw this.#reason(task);
      const encoded = await this.#fetch(task);
      if (encoded !== undefined) return { value: await decode(encoded) };
      if (core.status(task) === "finished") await keepAlive.during(delay(pause));
    }
    throw new DataLostError(
      `the result of ${this.#session.keyText(task)} could not be fetched from any worker that has it: ` +
        "can this machine reach the workers' addresses (client.workers())?",
    );
  }

  /** Undefined when no holder gave it. */
  #fetch(task: number): Promise<EncodedValue | undefined> {
    if (this.#wanted.length === 0) setImmediate(() => void this.#fetchWanted());
    return keepAlive.during(new Promise((resolve, reject) => this.#wanted.push({ task, resolve, reject })));
  }

  async #fetchWanted(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = [];
    try {
      const answer = await this.#session.ask({ what: "locate", tasks: wanted.map(({ task }) => task) });
      // The answer to `locate`, by its protocol.
      const locations = answer.value as unknown as readonly Location[];
      await this.#fetchFrom(wanted, locations, 0);
    } catch (error) {
      for (const { reject } of wanted) reject(error);
    }
  }

  /** Asks the holder at a place in each value's list; then, for those that did not give it, the next one. */
  async #fetchFrom(wanted: readonly Wanted[], locations: readonly Location[], place: number): Promise<void> {
    const byAddress = new Map<string, Map<number, Wanted>>();
    const left: Wanted[] = [];
    const leftAt: Location[] = [];
    for (const [index, want] of wanted.entries()) {
      const location = locations[index]!;
      const holder = location?.holders[place];
      if (location === null) this.#session.absent(want.task);
      if (location === null || holder === undefined) want.resolve(undefined);
      else {
        let ids = byAddress.get(holder.address);
        if (ids === undefined) byAddress.set(holder.address, (ids = new Map<number, Wanted>()));
        // Two numbers may name one task: then the second fetches on its own.
        if (ids.has(location.id)) {
          left.push(want);
          leftAt.push({ ...location, holders: [holder, holder, ...location.holders] });
        } else ids.set(location.id, want);
      }
    }
    await Promise.all(
      Array.from(byAddress, async ([address, ids]) => {
        const found = await this.#transfer.get(address, [...ids.keys()]).catch(() => undefined);
        for (const [id, want] of ids) {
          const value = found?.get(id);
          if (value !== undefined) want.resolve(value);
          else {
            left.push(want);
            leftAt.push(locations[wanted.indexOf(want)]!);
          }
        }
      }),
    );
    if (left.length > 0) await this.#fetchFrom(left, leftAt, place + 1);
  }

  /** Why a settled task has no result. Somebody has seen it now. */
  #reason(task: number): Error {
    this.#session.looked(task);
    const failure = this.#session.core.failure(task);
    if (failure !== undefined) return errorOf(failure);
    if (this.#session.status(task) === "cancelled") return new TaskCancelledError(this.#session.keyText(task));
    return (
      this.#session.failure ??
      new DataLostError(`the data of ${this.#session.keyText(task)} is lost: the last worker that held it is gone`)
    );
  }
}

/** What is left of a timeout. */
class Deadline {
  readonly whole: number;
  readonly #end: number;

  constructor(timeout: Duration | undefined) {
    this.whole = timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(timeout);
    this.#end = performance.now() + this.whole;
  }

  /** Milliseconds, undefined for no limit. */
  get left(): number | undefined {
    return Number.isFinite(this.whole) ? Math.max(0, this.#end - performance.now()) : undefined;
  }

  /** @throws WaitTimeoutError */
  async limit<T>(promise: Promise<T>): Promise<T> {
    const { left } = this;
    if (left === undefined) return promise;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = (): void => reject(new WaitTimeoutError("fetching the result", this.whole));
      timer = setTimeout(fail, Math.min(left, LONGEST_TIMER));
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
