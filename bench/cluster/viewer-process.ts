/** Pages that look at a dashboard, without browsers: they read all they are sent and do nothing with it. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { DASHBOARD_SUBPROTOCOL } from "@heddle/protocol/dashboard";

process.on("disconnect", () => process.exit());

const [url, count] = process.argv.slice(2) as [string, string];
let bytes = 0;

for (let n = 0; n < Number(count); n++) {
  const socket = new WebSocket(`${url.replace("http", "ws")}ws?v=1`, DASHBOARD_SUBPROTOCOL, {
    origin: new URL(url).origin,
  });
  socket.on("message", (data: Buffer) => void (bytes += data.length));
  socket.on("close", () => process.exit(1));
  await once(socket, "open");
}

process.on("message", () => process.send!(bytes));
process.send!(bytes);
