/** Entry of the dashboard's thread. */
import { fileURLToPath } from "node:url";
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { toPlainError } from "@heddle/protocol";
import { ClusterDashboard, TICK } from "./cluster-dashboard.js";
import type { DashboardServer } from "../http/index.js";
import type { DashboardThreadOptions, FromDashboard, ToDashboard } from "./messages.js";

const { memory, identity, http, maxViewers } = workerData as DashboardThreadOptions;
const port = parentPort as MessagePort;
const post = (message: FromDashboard): void => port.postMessage(message);

const dashboard = new ClusterDashboard({
  memory,
  identity,
  maxViewers,
  ask: (id, question) => post({ type: "ask", id, question }),
  watch: (watched) => post({ type: "watch", watched }),
});

const take = (message: ToDashboard): void => {
  if (message.type === "close") void close();
  else dashboard.take(message);
};
port.on("message", take);

const ticker = setInterval(() => {
  // Names are posted before the rows that use them become visible: what has arrived is taken in before these are looked at.
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
    take(next.message as ToDashboard);
  dashboard.tick();
}, TICK);

let server: DashboardServer | undefined;
try {
  // Express takes a while to load: what is to be shown is kept up with meanwhile.
  const [http_, { pageDirectory, reportDirectory }] = await Promise.all([
    import("../http/index.js"),
    import("@heddle/dashboard/assets"),
  ]);
  server = new http_.DashboardServer(dashboard, {
    ...http,
    pageFolder: fileURLToPath(pageDirectory),
    reportFolder: fileURLToPath(reportDirectory),
  });
  post({ type: "listening", port: await server.start(), url: server.url });
} catch (error) {
  post({ type: "failed", error: toPlainError(error) });
  await close();
}

async function close(): Promise<void> {
  clearInterval(ticker);
  dashboard.close();
  await server?.close();
  port.close();
}
