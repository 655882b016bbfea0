import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

/** Binary `ws` at its fastest: no compression, and masked with zeros, which `ws` takes as leave to skip the masking. */
export async function connect(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false, generateMask: () => {} });
  await once(socket, "open");
  return socket;
}

/** Listens on a free port of the loopback. */
export async function listen(): Promise<{ server: WebSocketServer; port: number }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}
