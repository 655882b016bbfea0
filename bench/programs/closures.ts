import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Command, Costs } from "../closures/capturing-process.js";
import { Child } from "../harness/child.js";
import type { Contender, Program, Sample } from "../harness/contender.js";

/** Loops of awaits in each of two processes, in turn. */
const AWAIT_ROUNDS = 40;

interface First {
  readonly firstMs: number;
  /** By function. */
  readonly bytes: Readonly<Record<string, number>>;
}

const run = promisify(execFile);

async function first(functions: string, nodeArgs: readonly string[]): Promise<First> {
  const script = fileURLToPath(new URL("../closures/first-capture.mjs", import.meta.url));
  return JSON.parse((await run(process.execPath, [...nodeArgs, script, functions])).stdout) as First;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

class CapturingProcess {
  readonly #child = new Child<Command, unknown>(new URL("../closures/capturing-process.ts", import.meta.url));

  async do<Result>(command: Command): Promise<Result> {
    this.#child.send(command);
    return (await this.#child.receive()) as Result;
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}

async function costs(): Promise<Costs> {
  const child = new CapturingProcess();
  try {
    return await child.do("costs");
  } finally {
    await child.close();
  }
}

/** Percent by which awaiting is slower in a process that captures before each round than in one that never has. */
async function awaitOverhead(): Promise<number> {
  const [innocent, capturing] = [new CapturingProcess(), new CapturingProcess()];
  try {
    let [without, after] = [Infinity, Infinity];
    for (let round = 0; round < AWAIT_ROUNDS; round++) {
      without = Math.min(without, await innocent.do<number>("awaits"));
      after = Math.min(after, await capturing.do<number>("capture and awaits"));
    }
    return (after / without - 1) * 100;
  } finally {
    await Promise.all([innocent.close(), capturing.close()]);
  }
}

async function open(): Promise<Contender> {
  return {
    config: { functions: "14, in bench/closures/functions.ts and .mjs" },
    measure: async (): Promise<Sample> => {
      const typescript = await first("./functions.ts", ["--import", import.meta.resolve("tsx")]);
      const javascript = await first("./functions.mjs", []);
      const { freshMs, unchangedUs, mutableUs, keptBytes, loggedBytes } = await costs();
      return {
        "first, TypeScript ms": typescript.firstMs,
        "first, JavaScript ms": javascript.firstMs,
        "fresh ms": freshMs,
        "again us": unchangedUs,
        "again, over an object us": mutableUs,
        "B/function, TypeScript": mean(Object.values(typescript.bytes)),
        "B/function, JavaScript": mean(Object.values(javascript.bytes)),
        "B kept/capture": keptBytes,
        "B kept/logged kB": loggedBytes,
        "awaits slower by %": await awaitOverhead(),
      };
    },
    close: async () => {},
  };
}

export const closures: Program = {
  name: "closures",
  what: "Captures of functions, as submit() makes them: the first one in a new process (TypeScript through tsx; plain JavaScript); a fresh closure over a number and a helper function (mean of 2,000); the same function again, over values that cannot change and over a small object that can (the best of ten rounds of 50,000 and 2,000). What 14 ordinary functions weigh with all they need, local files included. What 12,000 captures of fresh closures, and logging 10,000 objects of a kilobyte while capturing, leave in the heap, after 2,000 and 1,000 that do not count. And a loop of awaits in a process that captures before each round, against one that never captured: the fastest of 40 rounds each, in turn.",
  reps: 5,
  contenders: { heddle: open },
  targets: [
    { metric: "first, TypeScript ms", reach: 150, aim: 100 },
    { metric: "first, JavaScript ms", reach: 150, aim: 100 },
    { metric: "fresh ms", reach: 0.5, aim: 0.2 },
    { metric: "again us", reach: 0.5, aim: 0.2 },
    { metric: "again, over an object us", reach: 30, aim: 20 },
    { metric: "B/function, TypeScript", reach: 900, aim: 700 },
    { metric: "B/function, JavaScript", reach: 900, aim: 600 },
    { metric: "B kept/capture", reach: 100, aim: 20 },
    { metric: "B kept/logged kB", reach: 20, aim: 5 },
    { metric: "awaits slower by %", reach: 5, aim: 2 },
  ],
};
