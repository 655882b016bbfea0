import type { Command } from "commander";
import { loadSettings } from "@heddle/protocol";
import type { WorkerStartOptions } from "@heddle/worker/process";
import { ExitStatus } from "../exit-status.js";
import { printLine } from "../output.js";
import { readPem, targetOf, withTarget, type TargetOptions } from "../target.js";
import { UntilTold } from "../until-told.js";
import { readPort, readPositive, readResources, readSize } from "../usage.js";

interface Options extends TargetOptions {
  readonly threads?: number;
  readonly memoryLimit?: number;
  readonly name?: string;
  readonly resources?: Readonly<Record<string, number>>;
  readonly host?: string;
  readonly dataPort?: number;
  readonly nanny: boolean;
}

/** Milliseconds an orderly end may take. */
const PATIENCE = 5_000;

export function addWorker(program: Command): void {
  withTarget(
    program
      .command("worker <url>")
      .summary("run a worker here, until Ctrl-C")
      .description(
        "Runs a worker of the scheduler at URL. A nanny starts it again when it dies; without one it runs in this process.",
      )
      .option("-t, --threads <n>", "threads that run tasks (default: 1)", readPositive)
      .option(
        "--memory-limit <size>",
        "its memory, such as 4GiB (default: the machine's, or the container's)",
        readSize,
      )
      .option("--name <name>", "its name (default: the scheduler draws one)")
      .option("--resources <amounts>", "abstract resources, such as GPU=1", readResources)
      .option("--host <host>", "address on which it serves results (default: 127.0.0.1)")
      .option("--data-port <port>", "port for that (default: any free one)", readPort)
      .option("--nanny", "start it again when it dies", true)
      .option("--no-nanny", "run it in this process"),
    false,
  )
    .addHelpText("after", "\nExample:\n  $ heddle worker ws://127.0.0.1:8786 --threads 4 --resources GPU=1")
    .action(runWorker);
}

async function runWorker(url: string, options: Options): Promise<void> {
  const { address, token } = targetOf(url, options);
  const { threads, memoryLimit, name, resources, host, dataPort, tlsCa } = options;
  const settings = loadSettings({ worker: { threads, memoryLimit } });
  const worker: WorkerStartOptions = {
    address,
    token,
    name,
    threads: settings.get("worker.threads"),
    memoryLimit: settings.get("worker.memoryLimit"),
    resources,
    host,
    dataPort,
    asyncPerThread: settings.get("worker.asyncPerThread"),
    cancelGrace: settings.get("worker.cancelGrace"),
    connectTimeout: settings.get("client.timeout"),
    reconnectTimeout: settings.get("worker.reconnectTimeout"),
    spillFolder: settings.get("worker.spillFolder"),
    ...(tlsCa === undefined ? {} : { tls: { ca: readPem(tlsCa).toString() } }),
  };
  if (options.nanny) return runUnderNanny(worker, settings);
  return runHere(worker);
}

async function runUnderNanny(worker: WorkerStartOptions, settings: ReturnType<typeof loadSettings>): Promise<void> {
  const { Nanny } = await import("@heddle/worker/process");
  using asked = new UntilTold();
  let sentHome = true;
  const nanny = new Nanny({
    ...worker,
    backoff: settings.get("nanny.backoff"),
    maxBackoff: settings.get("nanny.maxBackoff"),
    maxRestarts: settings.get("nanny.maxRestarts"),
    onOutput: (stream, text) => process[stream].write(text),
    onLog: (line) => process.stderr.write(`${line}\n`),
    onReady: ({ name, address, pid }) => announce(name, address, `process ${pid}`),
    onExit: (end) => (sentHome = end.orderly?.expected === true),
    onGivenUp: () => asked.tell(),
  });
  const joined = nanny.start();
  // Told to end before it has joined: that it then does not join is no error.
  await Promise.race([joined, asked.told]);
  await asked.told;
  await nanny.close(PATIENCE);
  joined.catch(() => {});
  if (!sentHome) throw new ExitStatus(1);
}

async function runHere(options: WorkerStartOptions): Promise<void> {
  const { WorkerServer } = await import("@heddle/worker");
  using asked = new UntilTold();
  let failed = false;
  const worker = new WorkerServer({
    ...options,
    onOutput: (stream, text) => process[stream].write(text),
    onEnded: ({ expected }) => {
      failed = !expected;
      asked.tell();
    },
  });
  await Promise.race([worker.start(), asked.told]);
  announce(worker.name, worker.address, `process ${process.pid}`);
  await asked.told;
  await Promise.race([worker.close(), new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())]);
  // A thread that is inside a native call keeps the process for as long as that takes, if one lets it.
  process.exit(failed ? 1 : 0);
}

function announce(name: string, address: string, where: string): void {
  printLine(`worker ${name} (${where}) has joined; it serves its results at ${address}`);
}
