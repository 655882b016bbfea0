/**
 * Graphs drawn at random, and what their tasks are worth. A task's value is computed from its own number and its inputs' values, so
 * that any task run with a wrong input is found out; whether it fails is decided by its key and attempt alone.
 */
import type { Random } from "./random.js";

export interface TaskPlan {
  readonly key: string;
  readonly salt: number;
  readonly inputs: readonly TaskPlan[];
  readonly retries: number;
  /** Attempts that fail. */
  readonly failures: number;
  readonly priority: number;
  readonly resources: Readonly<Record<string, number>> | undefined;
  /** Milliseconds on a thread. */
  readonly duration: number;
  /** Part of the time without the thread. */
  readonly waits: boolean;
  /** Result bytes beyond the value itself. */
  readonly padding: number;
}

/** What a task's function gets as its argument, besides its inputs. */
export interface TaskArgument {
  readonly key: string;
  readonly salt: number;
  readonly failures: number;
  readonly duration: number;
  readonly waits: boolean;
  readonly padding: number;
}

export interface TaskValue {
  readonly value: number;
  readonly padding: string;
}

/** The value of a task, from its salt and its inputs' values, in order. */
export function combine(salt: number, inputs: readonly number[]): number {
  let hash = salt | 0;
  for (const input of inputs) hash = Math.imul(hash ^ input, 0x01000193) ^ (hash >>> 15);
  return hash >>> 0;
}

/** What the task must come to: a value, or the key of the task whose failure it shares. */
export type Expected = { readonly value: number } | { readonly failsThrough: ReadonlySet<string> };

export function expectedOf(plan: TaskPlan, known: Map<TaskPlan, Expected>): Expected {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const inputs = plan.inputs.map((input) => expectedOf(input, known));
  const culprits = new Set(inputs.flatMap((input) => ("failsThrough" in input ? [...input.failsThrough] : [])));
  if (culprits.size === 0 && plan.failures > plan.retries) culprits.add(plan.key);
  const expected: Expected =
    culprits.size > 0
      ? { failsThrough: culprits }
      : {
          value: combine(
            plan.salt,
            inputs.map((input) => (input as { value: number }).value),
          ),
        };
  known.set(plan, expected);
  return expected;
}

/** A graph of `size` tasks over tasks that exist already. */
export function drawGraph(
  random: Random,
  size: number,
  existing: readonly TaskPlan[],
  newKey: () => string,
): TaskPlan[] {
  const shape = random.below(4);
  const plans: TaskPlan[] = [];
  for (let i = 0; i < size; i++) {
    const inputs = new Set<TaskPlan>();
    if (shape === 0 && i > 0) inputs.add(plans[i - 1]!);
    else if (shape === 1 && i >= size / 2) {
      const base = Math.floor((i - size / 2) * 2);
      for (const child of [plans[base], plans[base + 1]])
        if (child !== undefined && child !== plans[i]) inputs.add(child);
    } else if (shape === 2 && i === size - 1) for (const plan of plans) inputs.add(plan);
    else if (shape === 3) {
      const pool = [...existing.slice(-10), ...plans.slice(-10)];
      for (let n = random.below(4); n > 0 && pool.length > 0; n--) inputs.add(random.pick(pool));
    }
    plans.push(drawTask(random, newKey(), [...inputs]));
  }
  return plans;
}

function drawTask(random: Random, key: string, inputs: readonly TaskPlan[]): TaskPlan {
  const failing = random.chance(0.06);
  return {
    key,
    salt: random.below(2 ** 31),
    inputs,
    retries: random.chance(0.3) ? random.below(3) : 0,
    failures: failing ? 1 + random.below(3) : 0,
    priority: random.chance(0.1) ? random.below(5) - 2 : 0,
    resources: random.chance(0.05) ? { GPU: 1 } : undefined,
    duration: random.chance(0.7) ? random.skewed(0.001, 0.5) : random.skewed(1, 80),
    waits: random.chance(0.1),
    padding: random.chance(0.1) ? 5000 : 0,
  };
}
