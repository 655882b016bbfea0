import type { Command } from "commander";
import { printLine } from "../output.js";
import { UntilTold } from "../until-told.js";
import { readCount, readPort, readPositive, readResources, readSize } from "../usage.js";

interface Options {
  readonly workers?: number;
  readonly threads?: number;
  readonly memoryLimit?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly host?: string;
  readonly port?: number;
  readonly dashboardPort?: number;
  readonly dashboard: boolean;
}

export function addCluster(program: Command): void {
  program
    .command("cluster")
    .summary("a scheduler and workers here, until Ctrl-C")
    .description(
      "Runs a scheduler and workers on this machine. They are started again when they die, and end with this command.",
    )
    .option("-w, --workers <n>", "worker processes (default: as many as cores)", readCount)
    .option("-t, --threads <n>", "threads of each worker (default: 1)", readPositive)
    .option(
      "--memory-limit <size>",
      "memory of each worker, such as 4GiB (default: the machine's, shared equally)",
      readSize,
    )
    .option("--resources <amounts>", "abstract resources of each worker, such as GPU=1", readResources)
    .option("--host <host>", "address to listen on (default: 127.0.0.1)")
    .option("--port <port>", "port for clients and workers (default: 8786, or the next free one)", readPort)
    .option("--dashboard-port <port>", "port for browsers (default: 8787, or the next free one)", readPort)
    .option("--no-dashboard", "no port for browsers")
    .addHelpText("after", "\nExample:\n  $ heddle cluster --workers 4 --memory-limit 2GiB")
    .action(runCluster);
}

async function runCluster({ threads, dashboardPort, dashboard, ...rest }: Options): Promise<void> {
  const { LocalCluster } = await import("@heddle/client/cluster");
  using asked = new UntilTold();
  await using cluster = new LocalCluster({
    ...rest,
    ...(threads === undefined ? {} : { threadsPerWorker: threads }),
    ...(dashboard ? (dashboardPort === undefined ? {} : { dashboard: { port: dashboardPort } }) : { dashboard: false }),
  });
  let failure: Error | undefined;
  cluster.onClose((reason) => {
    failure = reason;
    asked.tell();
  });
  await Promise.race([cluster.ready, asked.told]);
  if (!cluster.closed) {
    printLine(`Heddle cluster at ${cluster.address}, ${cluster.workerNames.length} workers`);
    if (cluster.dashboardUrl !== undefined) printLine(`dashboard: ${cluster.dashboardUrl}`);
    printLine("run something on it with: heddle run FILE");
    await asked.told;
  }
  if (failure !== undefined) throw failure;
}
