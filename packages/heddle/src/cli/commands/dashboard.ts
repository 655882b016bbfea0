import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { printLine } from "../output.js";
import { UntilTold } from "../until-told.js";
import { readPort } from "../usage.js";

interface Options {
  readonly host?: string;
  readonly port?: number;
}

export function addDashboard(program: Command): void {
  program
    .command("dashboard")
    .summary("the dashboard over run history, without a cluster, until Ctrl-C")
    .description(
      "Serves the dashboard over the run history of this user. A cluster serves its own, with tasks and workers.",
    )
    .option("--host <host>", "address to listen on (default: 127.0.0.1); any other requires a token")
    .option("-p, --port <port>", "port for browsers (default: 8787, or the next free one)", readPort)
    .addHelpText("after", "\nExample:\n  $ heddle dashboard --port 9000")
    .action(serveHistory);
}

async function serveHistory({ host, port }: Options): Promise<void> {
  // Beyond the help, this command loads a database and a web server.
  const [
    { loadSettings, createToken, isLoopback },
    { HistoryReader, historyFile },
    { DashboardServer },
    { HistorySource },
    assets,
  ] = await Promise.all([
    import("@heddle/protocol"),
    import("@heddle/flows"),
    import("@heddle/scheduler/dashboard"),
    import("../history-dashboard/history-source.js"),
    import("@heddle/dashboard/assets"),
  ]);
  const settings = loadSettings({ "scheduler.host": host });
  const address = settings.get("scheduler.host");
  const given = settings.get("token");
  const token = given ?? (isLoopback(address) ? undefined : createToken());
  using reader = HistoryReader.open(historyFile(settings));
  const source = new HistorySource(reader);
  const server = new DashboardServer(source, {
    host: address,
    port: port ?? settings.get("scheduler.dashboardPort"),
    nextFree: port === undefined,
    token,
    viewToken: settings.get("dashboard.viewToken"),
    actionsWithoutToken: false,
    trustOwnUser: settings.get("dashboard.trustOwnUser"),
    allowedHosts: [address, ...settings.get("scheduler.allowedHosts")],
    allowedOrigins: settings.get("scheduler.allowedOrigins"),
    basePath: settings.get("dashboard.basePath"),
    frameAncestors: settings.get("dashboard.frameAncestors"),
    pageFolder: fileURLToPath(assets.pageDirectory),
  });
  using asked = new UntilTold();
  await server.start();
  // The fragment reaches neither a server nor its logs.
  printLine(
    `Heddle run history at ${server.url}${token !== undefined && given === undefined ? `#token=${token}` : ""}`,
  );
  await asked.told;
  source.close();
  await server.close();
}
