/** A client's process that captures closures: what that costs, and what it leaves behind. One command at a time. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { capture } from "@heddle/closures";

process.on("disconnect", () => process.exit());
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const OFFSET = 7;

function scale(x: number, by: number): number {
  return x * by + OFFSET;
}

/** A function as a loop makes them: alike, except for a value. */
function fresh(by: number): (x: number) => number {
  return (x) => scale(x, by);
}

function captureFresh(count: number): void {
  for (let n = 0; n < count; n++) {
    const { definitions } = capture(fresh(n));
    if (definitions.length !== 3)
      throw new Error(`a closure and its helper are 3 definitions, not ${definitions.length}`);
  }
}

/** The best of ten rounds, each short enough to be left alone by other processes, in milliseconds. */
function perCall(count: number, body: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < 10; round++) {
    const start = performance.now();
    for (let n = 0; n < count; n++) body();
    best = Math.min(best, performance.now() - start);
  }
  return best / count;
}

/** Milliseconds of a closure that was never captured, its helper being known. */
function freshMs(): number {
  captureFresh(500);
  const start = performance.now();
  captureFresh(2_000);
  return (performance.now() - start) / 2_000;
}

/** Microseconds of one that was captured before and reaches nothing that can change. */
function unchangedUs(): number {
  const fn = fresh(3);
  const { token } = capture(fn);
  const cost = perCall(50_000, () => capture(fn)) * 1000;
  if (capture(fn).token !== token) throw new Error("the token of an unchanged function changed");
  return cost;
}

/** Microseconds of one that was captured before and holds an object, which may have changed and has not. */
function mutableUs(): number {
  const settings = { retries: 3, label: "daily", tags: ["a", "b"] };
  const fn = (x: number): string => `${settings.label} ${x * settings.retries} ${settings.tags.length}`;
  const { token } = capture(fn);
  const cost = perCall(2_000, () => capture(fn)) * 1000;
  settings.retries = 4;
  if (capture(fn).token === token) throw new Error("a change was not noticed");
  return cost;
}

async function usedBytes(): Promise<number> {
  // What a finalizer or a microtask holds goes with the second collection.
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes that a capture leaves in the process when its function and what was captured are gone. */
async function keptBytes(): Promise<number> {
  captureFresh(2_000);
  const before = await usedBytes();
  captureFresh(12_000);
  return ((await usedBytes()) - before) / 12_000;
}

/** Bytes that a logged object of a kilobyte leaves, captures going on meanwhile. */
async function loggedBytes(): Promise<number> {
  // V8 and Node have been given the object by then.
  process.stdout.write = () => true;
  const log = (count: number): void => {
    for (let n = 0; n < count; n++) {
      if (n % 10 === 0) capture(fresh(n));
      console.log("progress", { n, data: Array.from({ length: 125 }, (_, index) => index + n / 7) });
    }
  };
  log(1_000);
  const before = await usedBytes();
  log(10_000);
  return ((await usedBytes()) - before) / 10_000;
}

async function step(n: number): Promise<number> {
  return n + 1;
}

/** Milliseconds of a loop that does nothing but await: the best of five, each short enough to be left alone by other processes. */
async function awaitsMs(): Promise<number> {
  let best = Infinity;
  for (let time = 0; time < 5; time++) {
    const start = performance.now();
    let n = 0;
    while (n < 20_000) n = await step(n);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const commands = {
  costs: async () => ({
    freshMs: freshMs(),
    unchangedUs: unchangedUs(),
    mutableUs: mutableUs(),
    keptBytes: await keptBytes(),
    loggedBytes: await loggedBytes(),
  }),
  awaits: awaitsMs,
  "capture and awaits": () => {
    captureFresh(20);
    return awaitsMs();
  },
};
export type Command = keyof typeof commands;
export type Costs = Awaited<ReturnType<typeof commands.costs>>;

process.on("message", (command: Command) => {
  commands[command]().then(
    (result) => process.send!(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
