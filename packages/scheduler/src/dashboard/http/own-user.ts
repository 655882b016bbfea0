/**
 * Whether the other end of a loopback connection belongs to the user this process runs as. Such a user can read the token's file, so
 * asking for the token would protect nothing; other users of the machine are asked.
 */
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import { isLoopback } from "@heddle/protocol";

/** False wherever it cannot be told: only Linux lists whose sockets are whose. */
export async function ofOwnUser(request: IncomingMessage): Promise<boolean> {
  const { remoteAddress = "", remotePort = 0, localPort = 0 } = request.socket;
  const uid = process.getuid?.();
  if (process.platform !== "linux" || uid === undefined || !isLoopback(remoteAddress.replace(/^::ffff:/, "")))
    return false;
  // A proxy on this machine connects for whoever is behind it.
  if (FORWARDED.some((header) => request.headers[header] !== undefined) || !isOwnName(request)) return false;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const owner = ownerOf(await readFile(table, "latin1").catch(() => ""), remotePort, localPort);
    if (owner !== undefined) return owner === uid;
  }
  return false;
}

/** Whether it is called by a name of this machine. A proxy that says nothing else of itself may still pass on the name that it has. */
function isOwnName({ headers }: IncomingMessage): boolean {
  const name = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  return isLoopback(name) || name === hostname().toLowerCase();
}

const FORWARDED = ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"];

/** User id of the socket that is bound to `port` and connected to `peer`, by a table such as /proc/net/tcp. */
function ownerOf(table: string, port: number, peer: number): number | undefined {
  for (const line of table.split("\n").slice(1)) {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid ...
    const [, local = "", remote = "", , , , , uid = ""] = line.trim().split(/\s+/);
    if (portOf(local) === port && portOf(remote) === peer) return Number(uid);
  }
  return undefined;
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16);
}
