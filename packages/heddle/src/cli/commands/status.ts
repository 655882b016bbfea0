import type { Command } from "commander";
import { formatBytes, printJson, printLine, printTable, printable } from "../output.js";
import { ask, targetOf, withTarget, type TargetOptions } from "../target.js";

interface Identity {
  readonly epoch: string;
  readonly workers: number;
  readonly clients: number;
  readonly tasks: number;
  readonly states: Readonly<Record<string, number>>;
}

interface WorkerLine {
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly status: string;
  readonly threads: number;
  readonly processing: number;
  readonly managed: number;
  readonly rss: number;
  readonly memoryLimit: number;
}

export function addStatus(program: Command): void {
  withTarget(
    program
      .command("status [url]")
      .summary("what a cluster is doing, in numbers")
      .description("Prints the workers of a cluster and how many tasks are in each state.")
      .option("--json", "print JSON"),
    false,
  )
    .addHelpText("after", "\nExample:\n  $ heddle status ws://127.0.0.1:8786")
    .action(printStatus);
}

async function printStatus(url: string | undefined, options: TargetOptions & { json?: true }): Promise<void> {
  const target = targetOf(url, options);
  const identity = (await ask(target, { what: "identity" })) as unknown as Identity;
  const workers = (await ask(target, { what: "workers" })) as unknown as readonly WorkerLine[];
  // The question came as a client as well; nobody means that one.
  const clients = identity.clients - 1;
  if (options.json) return printJson({ ...identity, address: target.address, clients, workers });
  printLine(`scheduler at ${target.address}: ${workers.length} workers, ${clients} clients, ${identity.tasks} tasks`);
  const states = Object.entries(identity.states).filter(([, count]) => count > 0);
  if (states.length > 0) printLine(states.map(([state, count]) => `${state} ${count}`).join("  "));
  if (workers.length === 0) return printLine(`no workers: start one with heddle worker ${target.address}`);
  printLine();
  printTable(
    ["worker", "host", "pid", "status", "threads", "tasks", "results", "memory", "limit"],
    workers.map((worker) => [
      printable(worker.name),
      printable(worker.host),
      worker.pid,
      worker.status,
      worker.threads,
      worker.processing,
      formatBytes(worker.managed),
      formatBytes(worker.rss),
      formatBytes(worker.memoryLimit),
    ]),
  );
}
