/**
 * How late do flights leave, by state and weekday? Three million real flights, on four worker processes.
 *
 *   npm run demo
 *   npm run demo -- --workers 2 --input flights-20k.json --all
 */
import { parseArgs } from "node:util";
import { Client, LocalCluster, progress } from "heddle";
import { dataset } from "../dataset.js";
import { timed, type Timed } from "../terminal/stopwatch.js";
import { table } from "../terminal/table.js";
import { cores, count, duration } from "../terminal/units.js";
import { check } from "../terminal/verdict.js";
import type { DelayReport } from "./delays.js";
import { partsOf } from "./files.js";
import { delayGraph } from "./graph.js";
import { printReport } from "./report.js";
import { delaysInOneProcess } from "./single-process.js";

const { values: options } = parseArgs({
  options: {
    workers: { type: "string", default: "4" },
    input: { type: "string", default: "flights-3m.parquet" },
    all: { type: "boolean", default: false },
  },
});
const workers = Number(options.workers);
const airports = dataset("airports.csv");
const parts = await partsOf(dataset(options.input));
console.log(`Delays of the flights in ${options.input}, read as ${count(parts.length, "part")}`);

const onMany = await onCluster(workers);
const onOne = await onCluster(1);
const inPlainLoop = await timed(() => delaysInOneProcess(parts, airports));

printReport(onMany.value, options.all);
const times = [
  { how: count(workers, "worker"), took: onMany.took },
  { how: "1 worker", took: onOne.took },
  { how: "a plain loop in this process", took: inPlainLoop.took },
];
console.log(
  `\n${table(times, [
    { title: "with", value: ({ how }) => how },
    { title: "time", value: ({ took }) => duration(took), align: "right" },
    { title: "speed-up over 1 worker", value: ({ took }) => (onOne.took / took).toFixed(2), align: "right" },
  ])}`,
);
console.log(`\nThis machine has ${cores()}; no number of workers can gain more than that.\n`);
check("1 worker came to the same table", onOne.value, onMany.value);
check("the plain loop came to the same table, number for number", inPlainLoop.value, onMany.value);

/** The time is that of the job, from building its graph to its result here; the cluster has been started before. */
async function onCluster(workers: number): Promise<Timed<DelayReport>> {
  await using cluster = new LocalCluster({ workers });
  await using client = new Client(cluster);
  const start = await timed(() => cluster.ready);
  console.log(`\n${count(workers, "worker")} ready after ${duration(start.took)}, scheduler at ${cluster.address}`);

  return await timed(async () => {
    const graph = delayGraph(parts, airports);
    const [report, ...tables] = client.persist(graph.report, ...graph.tables);
    await progress([report, ...tables], { label: "parts" });
    return report.compute();
  });
}
