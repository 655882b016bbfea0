import type { Command } from "commander";
import { UsageError, readPort } from "../usage.js";
import { readPem } from "../target.js";
import { printLine } from "../output.js";
import { UntilTold } from "../until-told.js";

interface Options {
  readonly host?: string;
  readonly port?: number;
  readonly dashboardPort?: number;
  readonly dashboard: boolean;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

export function addScheduler(program: Command): void {
  program
    .command("scheduler")
    .summary("run a scheduler here, until Ctrl-C")
    .description(
      "Runs a scheduler. Any address but a loopback one requires a token, made and printed when there is none.",
    )
    .option("--host <host>", "address to listen on (default: 127.0.0.1)")
    .option("--port <port>", "port for clients and workers (default: 8786)", readPort)
    .option("--dashboard-port <port>", "port for browsers (default: 8787, or the next free one)", readPort)
    .option("--no-dashboard", "no port for browsers")
    .option("--token-file <file>", "file with the token; made, with mode 0600, when it is not there")
    .option("--tls-cert <file>", "PEM file with the certificate: speak wss:// and https://")
    .option("--tls-key <file>", "PEM file with its key")
    .option("--tls-ca <file>", "PEM file of the authority whose certificates peers must show")
    .addHelpText("after", "\nExample:\n  $ heddle scheduler --host 0.0.0.0 --token-file ~/heddle.token")
    .action(runScheduler);
}

async function runScheduler(options: Options): Promise<void> {
  const { SchedulerServer } = await import("@heddle/scheduler");
  const { host, port, tokenFile } = options;
  using asked = new UntilTold();
  const server = new SchedulerServer({
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...tlsOf(options),
    dashboard: options.dashboard && (options.dashboardPort === undefined ? {} : { port: options.dashboardPort }),
    onShutdown: asked.tell,
  });
  await server.start();
  printLine(`Heddle scheduler at ${server.address}`);
  if (server.dashboardUrl !== undefined) printLine(`dashboard: ${server.dashboardUrl}`);
  if (server.madeToken) {
    printLine(`token: ${server.token}`);
    printLine("Peers show it: HEDDLE_TOKEN in their environment, or --token-file. It is not printed again.");
  }
  printLine(`workers join with: heddle worker ${server.address}`);
  await asked.told;
  await server.close();
}

function tlsOf({ tlsCert, tlsKey, tlsCa }: Options) {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError("TLS needs both --tls-cert and --tls-key; --tls-ca only comes on top");
  return {
    tls: { cert: readPem(tlsCert), key: readPem(tlsKey), ...(tlsCa === undefined ? {} : { ca: readPem(tlsCa) }) },
  };
}
