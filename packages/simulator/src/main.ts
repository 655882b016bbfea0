import { parseArgs } from "node:util";
import { play } from "./scenario.js";

const USAGE = `usage: npm run sim -- [--seeds N] [--from SEED] [--seed SEED --trace]

Plays drawn lives of a cluster on a virtual clock and network: workers die and join, links are cut, schedulers restart.
Every invariant is checked after every event; at the end every result that is wanted has to be there, and right.

  --seeds N    how many lives (default 200)
  --from SEED  the first (default 1)
  --seed SEED  one only
  --trace      every event of it, a line each`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const first = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  let violations = 0;
  let events = 0;
  let runs = 0;
  let reruns = 0;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = play(seed, values.trace ? traceLine : undefined);
    events += outcome.events;
    runs += outcome.runs;
    reruns += outcome.reruns;
    if (outcome.violation === undefined) continue;
    violations++;
    console.log(`seed ${seed}: ${outcome.violation.message}`);
    if (violations <= 3 || values.seed !== undefined) console.log(outcome.violation.stack);
  }
  console.log(`${count} seeds, ${events} events, ${runs} runs (${reruns} of them again), ${violations} violations`);
  process.exitCode = violations > 0 ? 1 : 0;
}

function traceLine(who: string, event: unknown, now: number): void {
  const text = JSON.stringify(event, (_key, value: unknown) =>
    ArrayBuffer.isView(value) ? [...(value as Int32Array)] : value,
  );
  console.log(`${now.toFixed(2)} ${who} ${text.length > 600 ? `${text.slice(0, 600)}...` : text}`);
}
