/**
 * How late do flights leave, by state and weekday? Three million real flights, on four worker processes.
 *
 *   npm run demo
 *   npm run demo -- --workers 2 --input flights-20k.json --all
 *   npm run demo -- --watch        again and again, to watch in the dashboard
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
    watch: { type: "boolean", default: false },
  },
});
const workers = Number(options.workers);
const airports = dataset("airports.csv");
const parts = await partsOf(dataset(options.input));
console.log(`Delays of the flights in ${options.input}, read as ${count(parts.length, "part")}`);

if (options.watch) {
  await watchedUntilCtrlC(workers);
  process.exit();
}

const onMany = await onCluster(workers);
const onOne = await onCluster(1);
const plain = await twice(() => delaysInOneProcess(parts, airports));

const report = onMany.again.value;
printReport(report, options.all);
const times = [
  { how: count(workers, "worker"), ...onMany },
  { how: "1 worker", ...onOne },
  { how: "a plain loop in this process", ...plain },
];
console.log(
  `\n${table(times, [
    { title: "with", value: ({ how }) => how },
    { title: "first time", value: ({ first }) => duration(first.took), align: "right" },
    { title: "again", value: ({ again }) => duration(again.took), align: "right" },
    { title: "speed-up", value: ({ again }) => (onOne.again.took / again.took).toFixed(2), align: "right" },
  ])}`,
);
console.log(
  "\nThe first time, every worker loads and compiles the code. The speed-up is over 1 worker, from then on;\n" +
    `this machine has ${cores()}, and no number of workers can gain more than that.\n`,
);
check(`${count(workers, "worker")} came to the same table both times`, onMany.first.value, report);
check("1 worker came to the same table", onOne.again.value, report);
check("the plain loop came to the same table, number for number", plain.again.value, report);

async function onCluster(workers: number): Promise<Runs> {
  await using cluster = new LocalCluster({ workers });
  await using client = new Client(cluster);
  const start = await timed(() => cluster.ready);
  console.log(
    `\n${count(workers, "worker")} ready after ${duration(start.took)}, dashboard at ${cluster.dashboardUrl}`,
  );
  return await twice(() => delaysOn(client, count(workers, "worker")));
}

async function watchedUntilCtrlC(workers: number): Promise<void> {
  await using cluster = new LocalCluster({ workers });
  await using client = new Client(cluster);
  await cluster.ready;
  console.log(`\nOpen ${cluster.dashboardUrl} to watch ${count(workers, "worker")}. Ctrl-C ends it.\n`);
  const end = new AbortController();
  process.once("SIGINT", () => end.abort());
  while (!end.signal.aborted) await delaysOn(client, count(workers, "worker"));
}

async function delaysOn(client: Client, label: string): Promise<DelayReport> {
  const graph = delayGraph(parts, airports);
  const [report, ...tables] = client.persist(graph.report, ...graph.tables);
  await progress([report, ...tables], { label });
  return report.compute();
}

interface Runs {
  readonly first: Timed<DelayReport>;
  readonly again: Timed<DelayReport>;
}

async function twice(job: () => Promise<DelayReport>): Promise<Runs> {
  return { first: await timed(job), again: await timed(job) };
}
