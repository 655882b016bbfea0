/** A reverse proxy as people put one before a dashboard: everything of it is below a path. */
import { createServer, request, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export interface ReverseProxy extends AsyncDisposable {
  /** "http://127.0.0.1:41231/x/y/" */
  readonly url: string;
  /** What was asked for outside of its path. */
  readonly strayed: readonly string[];
}

/**
 * @param strip whether the path is taken off before the request goes on
 * @param host what it says as Host; absent: what the browser said
 */
export async function startReverseProxy(
  target: string,
  path: string,
  strip: boolean,
  host?: string,
): Promise<ReverseProxy> {
  const { hostname, port } = new URL(target);
  const strayed: string[] = [];
  const sockets = new Set<Socket>();
  const pathOf = (incoming: IncomingMessage): string | undefined => {
    const url = incoming.url ?? "/";
    if (`${url}/` === path || url.startsWith(path)) return strip ? `/${url.slice(path.length)}` : url;
    strayed.push(url);
    return undefined;
  };
  const server = createServer((incoming, outgoing) => {
    const to = pathOf(incoming);
    if (to === undefined) return void outgoing.writeHead(404).end();
    const { method } = incoming;
    const headers = host === undefined ? incoming.headers : { ...incoming.headers, host };
    const onward = request({ hostname, port, path: to, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on("upgrade", (incoming, downstream: Socket, head) => {
    const to = pathOf(incoming);
    if (to === undefined) return void downstream.destroy();
    const upstream = connect(Number(port), hostname, () => {
      const { rawHeaders } = incoming;
      let lines = `${incoming.method} ${to} HTTP/1.1\r\n`;
      for (let at = 0; at < rawHeaders.length; at += 2) lines += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
      upstream.write(`${lines}\r\n`);
      upstream.write(head);
      upstream.pipe(downstream).pipe(upstream);
    });
    for (const socket of [upstream, downstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        upstream.destroy();
        downstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    strayed,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
