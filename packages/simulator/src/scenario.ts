import { Violation } from "./judge.js";
import type { SimClient } from "./sim-client.js";
import { drawGraph, type TaskPlan } from "./workload.js";
import { World } from "./world.js";

/** How long things go wrong, and how long they may take to come right afterwards; virtual milliseconds. */
const TROUBLE = 3_000;
const PATIENCE = 120_000;

export interface Outcome {
  readonly seed: number;
  readonly events: number;
  readonly runs: number;
  readonly reruns: number;
  readonly violation: Error | undefined;
}

/** One drawn life of a cluster: work, trouble, and at the end everything that is still wanted is there, and right. */
export function play(seed: number, trace?: (who: string, event: unknown, now: number) => void): Outcome {
  const world = new World(seed);
  if (trace !== undefined) world.trace = (who, event) => trace(who, event, world.clock.now);
  let violation: Error | undefined;
  try {
    live(world);
  } catch (error) {
    violation = error instanceof Error ? error : new Error(String(error));
  }
  return { seed, events: world.events, runs: world.judge.runs, reruns: world.judge.reruns, violation };
}

function live(world: World): void {
  const { random, clock } = world;
  for (let n = 1 + random.below(4); n > 0; n--) world.addWorker();
  for (let n = 1 + random.below(2); n > 0; n--) world.addClient();
  const end = clock.now + TROUBLE;
  // Some lives are quiet: what goes wrong there is not the network's fault.
  const trouble = random.chance(0.8);
  world.faults = trouble;
  const act = (): void => {
    if (clock.now > end) return;
    work(world);
    if (trouble) disturb(world);
    clock.after(random.skewed(1, 200), act);
  };
  act();
  while (clock.now < end) if (!clock.step()) break;
  world.faults = false;
  if (world.workers.every((worker) => worker.resources["GPU"] === undefined)) world.addWorker();

  const deadline = clock.now + PATIENCE;
  let gathered = clock.now;
  while (!isOver(world)) {
    if (clock.now > gathered + 50) {
      gathered = clock.now;
      for (const client of world.clients) client.gather();
    }
    if (!clock.step() || clock.now > deadline) throw new Violation(`it hangs: ${describeOpen(world)}`);
  }
  for (const client of world.clients) world.judge.verdict(client);
  wind(world);
}

/** Let go of everything: nothing may be left. */
function wind(world: World): void {
  const { clock } = world;
  for (const client of world.clients) for (const task of [...client.held.keys()]) client.release(task);
  const deadline = clock.now + 30_000;
  const leftovers = (): number =>
    world.scheduler.overview().tasks + world.workers.reduce((sum, worker) => sum + worker.store.size, 0);
  while (leftovers() > 0) {
    if (!clock.step() || clock.now > deadline) {
      const { tasks, states } = world.scheduler.overview();
      const stores = world.workers.map((worker) => `${worker.name} holds ${worker.store.size}`).join(", ");
      throw new Violation(
        `after everything was released ${tasks} tasks are left (${JSON.stringify(states)}), ${stores}`,
      );
    }
  }
  for (const worker of world.workers) worker.core.validate();
}

function isOver(world: World): boolean {
  return world.clients.every((client) =>
    [...client.held.keys()].every((task) => {
      const status = client.core.status(task);
      return status === "finished" ? client.values.has(task) : status !== "pending";
    }),
  );
}

function describeOpen(world: World): string {
  const open: string[] = [];
  for (const client of world.clients) {
    for (const [task, plan] of client.held) {
      const status = client.core.status(task);
      if (status !== "pending" && !(status === "finished" && !client.values.has(task))) continue;
      open.push(`${plan.key} is ${status}: ${JSON.stringify(world.scheduler.explain(plan.key))}`);
    }
  }
  return open.slice(0, 5).join("; ");
}

function work(world: World): void {
  const { random } = world;
  const client = random.pick(world.clients);
  const what = random.next();
  if (what < 0.6) {
    const existing = [...client.held.values()].filter((plan) => isUsable(client, plan));
    const plans = drawGraph(random, 1 + Math.floor(random.skewed(0, 40)), existing, () => world.newKey());
    const last = plans.at(-1)!;
    client.submit(plans, (plan) => plan === last || random.chance(0.3), 1 + random.below(plans.length));
  } else if (what < 0.8 && client.held.size > 0) {
    client.release(random.pick([...client.held.keys()]));
  } else if (what < 0.88 && client.held.size > 0) {
    client.cancel(random.pick([...client.held.keys()]));
  } else {
    client.gather();
  }
}

/** A future that was cancelled cannot be an input. */
function isUsable(client: SimClient, plan: TaskPlan): boolean {
  return !client.cancelled.has(plan.key) && client.core.status(client.numbers.get(plan)!) !== "cancelled";
}

function disturb(world: World): void {
  const { random } = world;
  const what = random.next();
  if (what < 0.06 && world.workers.length > 1) world.killWorker(random.pick(world.workers));
  else if (what < 0.12 && world.workers.length < 6) world.addWorker();
  else if (what < 0.18) random.pick(world.workers).link?.cut();
  else if (what < 0.22) random.pick(world.clients).link?.cut();
  else if (what < 0.235) world.restartScheduler();
}
