/** Putting values on workers. */
import { setTimeout as delay } from "node:timers/promises";
import { ValueEncoder, encodedBytes, parseDuration, type Duration, type EncodedValue } from "@heddle/protocol";
import { NoWorkerError } from "../errors/tasks.js";
import { checkOptionNames } from "../errors/usage.js";
import { hashBytes, writeHex, type Hash } from "../graph/hash128.js";
import { DIGITS, nextSerial, seedOf, uniqueKey } from "../graph/task-keys.js";
import { codecExtensions } from "./codec-extensions.js";
import type { Future } from "./future.js";
import { keepAlive } from "./keep-alive.js";
import type { Session } from "./session.js";
import type { PutValue, Transfer } from "./transfer.js";

export interface ScatterOptions {
  /** Names of the workers that may get it. Default: all. */
  readonly workers?: readonly string[];
  /** A copy on each of them, in place of one. Default false. */
  readonly broadcast?: boolean;
  /** The key is a hash of the value, so that equal values are kept once. Default true. */
  readonly hash?: boolean;
  /** How long to wait for a worker that may get it. Default 30 s. */
  readonly timeout?: Duration;
}

const TIMEOUT = 30_000;
/** Milliseconds between two looks for a worker. */
const POLL = 50;

/** What `reserve` answers. */
interface Reserved {
  readonly ids: readonly number[];
  /** Those with the least data first. */
  readonly workers: readonly WorkerPlace[];
}

interface WorkerPlace {
  readonly index: number;
  readonly name: string;
  readonly address: string;
}

const NAME = "data";
const SEED = seedOf(NAME);

/** @throws CodecError, NoWorkerError */
export async function scatter(
  session: Session,
  transfer: Transfer,
  values: readonly unknown[],
  options: ScatterOptions,
): Promise<Future<unknown>[]> {
  checkOptionNames("scatter", options, ["workers", "broadcast", "hash", "timeout"]);
  const { workers = null, broadcast = false, hash = true } = options;
  if (values.length === 0) return [];
  // All are read now, before anything is awaited: what the program changes afterwards is not sent.
  const encoder = new ValueEncoder({ extensions: codecExtensions });
  const encoded = values.map((value) => copied(encoder.encode(value)));
  const keys = encoded.map((value) => (hash ? hashKey(value) : uniqueKey(NAME, nextSerial())));

  const timeout = options.timeout === undefined ? TIMEOUT : parseDuration(options.timeout);
  const reserved = await reserve(session, values.length, workers, timeout);
  const puts = encoded.map((value, index): PutValue => ({ id: reserved.ids[index]!, key: keys[index]!, value }));
  const holders = broadcast
    ? await everywhere(transfer, reserved.workers, puts)
    : await spread(transfer, reserved.workers, puts);

  return session.scattered({
    rows: values.length,
    keyLengths: Int32Array.from(keys, (key) => key.length),
    keys: Buffer.from(keys.join("")),
    ids: Int32Array.from(reserved.ids),
    nbytes: Float64Array.from(encoded, encodedBytes),
    holderCounts: Int32Array.from(holders, (each) => each.length),
    holders: Int32Array.from(holders.flat(), (worker) => worker.index),
  });
}

/** Ids, and the workers to put values on. Waits for the first ones of a cluster that is just starting. */
async function reserve(
  session: Session,
  count: number,
  workers: readonly string[] | null,
  timeout: number,
): Promise<Reserved> {
  const deadline = performance.now() + timeout;
  for (;;) {
    try {
      // What `reserve` answers, by its protocol.
      return (await session.ask({ what: "reserve", count, workers })).value as unknown as Reserved;
    } catch (error) {
      if (!(error instanceof NoWorkerError) || performance.now() >= deadline) throw error;
    }
    await keepAlive.during(delay(POLL));
  }
}

/** Each value on every worker that can be reached; the holders of each. */
async function everywhere(
  transfer: Transfer,
  workers: readonly WorkerPlace[],
  puts: readonly PutValue[],
): Promise<WorkerPlace[][]> {
  const outcomes = await Promise.allSettled(workers.map((worker) => transfer.put(worker.address, puts)));
  const holders = workers.filter((_, index) => outcomes[index]!.status === "fulfilled");
  if (holders.length === 0) throw unreachable(workers, (outcomes[0] as PromiseRejectedResult).reason);
  return puts.map(() => holders);
}

/** Each value on one worker, so that they get about equally many bytes; on another when one cannot be reached. */
async function spread(
  transfer: Transfer,
  workers: readonly WorkerPlace[],
  puts: readonly PutValue[],
): Promise<WorkerPlace[][]> {
  const holders = new Map<PutValue, WorkerPlace>();
  let able = workers;
  let left = puts;
  while (left.length > 0) {
    const shares = share(able, left);
    const failed: PutValue[] = [];
    const gone = new Map<WorkerPlace, unknown>();
    await Promise.all(
      Array.from(shares, async ([worker, mine]) => {
        try {
          await transfer.put(worker.address, mine);
          for (const put of mine) holders.set(put, worker);
        } catch (error) {
          gone.set(worker, error);
          failed.push(...mine);
        }
      }),
    );
    able = able.filter((worker) => !gone.has(worker));
    if (failed.length > 0 && able.length === 0) throw unreachable(workers, [...gone.values()][0]);
    left = failed;
  }
  return puts.map((put) => [holders.get(put)!]);
}

/** The next value goes to the worker that has got the fewest bytes so far. */
function share(workers: readonly WorkerPlace[], puts: readonly PutValue[]): Map<WorkerPlace, PutValue[]> {
  const loads = workers.map((worker) => ({ worker, bytes: 0 }));
  const shares = new Map<WorkerPlace, PutValue[]>();
  for (const put of puts) {
    const least = loads.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    least.bytes += encodedBytes(put.value);
    const mine = shares.get(least.worker);
    if (mine === undefined) shares.set(least.worker, [put]);
    else mine.push(put);
  }
  return shares;
}

function unreachable(workers: readonly WorkerPlace[], cause: unknown): NoWorkerError {
  const error = new NoWorkerError(
    `none of the workers ${workers.map(({ name }) => name).join(", ")} took the data: ${cause instanceof Error ? cause.message : String(cause)}`,
  );
  error.cause = cause;
  return error;
}

/** Buffers are views on the program's own memory until then. */
function copied(value: EncodedValue): EncodedValue {
  return { head: value.head, buffers: value.buffers.map((buffer) => new Uint8Array(buffer)) };
}

function hashKey({ head, buffers }: EncodedValue): string {
  const hash: Hash = SEED.slice();
  hashBytes(hash, head, 0, head.length);
  for (const buffer of buffers) hashBytes(hash, buffer, 0, buffer.length);
  const digits = Buffer.alloc(DIGITS);
  writeHex(hash, digits, 0);
  return `${NAME}-${digits.toString("latin1")}`;
}
