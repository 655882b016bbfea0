import { HeddleError, registerError } from "@heddle/protocol";
import type { SchedulerState } from "./state.js";
import { isDispatched, isHeldBack, isUnfinished, State, STATE_NAMES, type StateCode } from "./task-state.js";
import { Flag, NONE } from "./task-table.js";

/** A statement about the scheduler's tables that has to hold after every event, and does not. */
export class InvariantError extends HeddleError {
  constructor(
    readonly rule: string,
    readonly subject: string,
  ) {
    super("HEDDLE_INTERNAL", `invariant broken: ${rule} (${subject}). Please report this with the task's story.`);
  }
}
registerError(InvariantError);

function check(holds: boolean, rule: string, subject: () => string): void {
  if (!holds) throw new InvariantError(rule, subject());
}

/** Every invariant over every task, worker and client. O(tasks + edges). */
export function validate(state: SchedulerState): void {
  const { tasks, edges } = state;
  let size = 0;
  let backlog = 0;
  const inflight = new Map<number, number>();
  const away = new Map<number, number>();
  const following = new Map<number, number>();
  const needers = new Int32Array(tasks.highest);
  const live = new Map<number, number>();

  for (let slot = 0; slot < tasks.highest; slot++) {
    const code = tasks.state[slot]! as StateCode;
    if (code === State.forgotten) continue;
    size++;
    const about = (): string =>
      `task ${state.key(slot)} in state ${STATE_NAMES[code]!}; story ${JSON.stringify(state.story.of(tasks.id[slot]!))}`;
    check(state.ids.get(tasks.id[slot]!) === slot, "a task is found by its id", about);
    const chunk = state.chunkOf(slot);
    const row = tasks.row[slot]!;
    live.set(tasks.chunk[slot]!, (live.get(tasks.chunk[slot]!) ?? 0) + 1);
    const found = state.index.find(tasks.hash[slot]!, chunk.keys, chunk.keyStart(row), chunk.keyEnd(row));
    check(found === slot, "a task is found by its key", about);

    let missing = 0;
    for (let at = chunk.depStart(row); at < chunk.depEnd(row); at++) {
      const edge = chunk.edges[at]!;
      check(edges.target[edge] === slot, "an input's edge leads here", about);
      const input = edges.source[edge]!;
      const inputState = tasks.state[input]!;
      check(inputState !== State.forgotten, "inputs are not forgotten before their dependents", about);
      if (isUnfinished(code)) {
        needers[input]!++;
        if (inputState !== State.memory) missing++;
        check(
          inputState !== State.released || state.awaitedData.has(input),
          "inputs of an unfinished task are not merely released",
          about,
        );
        check(inputState !== State.erred, "a task with an erred input is erred", about);
      }
    }
    if (isUnfinished(code))
      check(tasks.missing[slot] === missing, "missing counts inputs that are not in memory", about);

    const holders = state.holdersOf(slot);
    check((code === State.memory) === holders.length > 0, "exactly tasks in memory have holders", about);
    check(new Set(holders).size === holders.length, "holders are distinct", about);
    for (const holder of holders) check(state.workers.has(holder), "holders are members", about);
    check((code === State.erred) === state.failures.has(slot), "exactly erred tasks have a failure", about);

    if (isDispatched(code)) {
      const worker = tasks.worker[slot]!;
      check(state.workers.has(worker), "a dispatched task is at a member", about);
      const table = code === State.assigned ? following : tasks.has(slot, Flag.away) ? away : inflight;
      table.set(worker, (table.get(worker) ?? 0) + 1);
    } else if (isHeldBack(code)) {
      backlog++;
      check(tasks.missing[slot] === 0, "a ready task misses no input", about);
    } else {
      check(tasks.worker[slot] === NONE, "a task in no queue and at no worker names none", about);
    }
    if (code === State.waiting) check(missing > 0, "a waiting task misses an input", about);
    if (code === State.assigned) {
      for (let at = chunk.depStart(row); at < chunk.depEnd(row); at++) {
        const input = edges.source[chunk.edges[at]!]!;
        const inputState = tasks.state[input]!;
        const fine =
          inputState === State.memory || (isDispatched(inputState) && tasks.worker[input] === tasks.worker[slot]);
        check(fine, "inputs of an assigned task are in memory or made by its worker", about);
      }
    }
    for (let edge = tasks.dependents[slot]!; edge !== NONE; edge = edges.next[edge]!) {
      check(edges.source[edge] === slot, "a dependent's edge begins here", about);
    }
    for (const want of state.wantsOf(slot)) check(state.clients.has(want.client), "wants belong to clients", about);
  }

  check(size === tasks.size, "size counts the tasks", () => `${tasks.size} against ${size}`);
  check(state.index.size === size, "the key index has every task once", () => `${state.index.size} against ${size}`);
  check(
    backlog === state.backlog,
    "backlog counts the ready tasks held back",
    () => `${state.backlog} against ${backlog}`,
  );
  for (let slot = 0; slot < tasks.highest; slot++) {
    if (tasks.state[slot] === State.forgotten) continue;
    check(needers[slot] === tasks.needers[slot], "needers counts unfinished dependents", () => state.key(slot));
  }
  for (const [index, chunk] of state.chunks.entries()) {
    if (chunk !== undefined)
      check(chunk.live === (live.get(index) ?? 0), "a chunk counts its tasks", () => `chunk ${index}`);
  }
  for (const worker of state.workers.values()) {
    const about = (): string => `worker ${worker.name}`;
    check(worker.inflight === (inflight.get(worker.index) ?? 0), "inflight counts the runs of a worker", about);
    check(
      worker.following === (following.get(worker.index) ?? 0),
      "following counts the runs that follow others",
      about,
    );
    check(worker.away === (away.get(worker.index) ?? 0), "away counts the runs that wait", about);
  }
}
