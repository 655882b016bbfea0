/** The ports of a scheduler: HTTP for people and programs, WebSocket for clients and workers, one set of doors for all. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Hello } from "@heddle/protocol";
import type { Doors, Refusal } from "./doors.js";
import { greet } from "./greeting.js";
import type { HttpContext } from "./http.js";
import { listen, type ListenOptions } from "./listening.js";
import { RESULTS_PATH, type ResultRoutes } from "./result-routes.js";

/** All PEM. */
export interface ServerTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** When given, peers must show a certificate that this authority signed. */
  readonly ca?: string | Buffer;
}

export interface EndpointOptions {
  readonly doors: Doors;
  readonly tls: ServerTls | undefined;
  /** Bytes. */
  readonly maxPayload: number;
  /** Milliseconds. */
  readonly helloTimeout: number;
  /** Somebody has been let in and said who it is. */
  readonly onPeer: (socket: WebSocket, hello: Hello) => void;
  readonly http: HttpContext;
  /** Served beside the WebSocket. */
  readonly results: ResultRoutes;
}

/** The head of a request must have arrived within this many milliseconds. */
const HEADERS_TIMEOUT = 10_000;
/** And all of it within these: a large result on a slow line takes its time. */
const REQUEST_TIMEOUT = 900_000;

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #sockets: WebSocketServer;
  readonly #servers: Server[] = [];
  #app: Promise<(request: IncomingMessage, response: ServerResponse) => void> | undefined;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: options.maxPayload,
    });
  }

  /** Opens the port for clients and workers. @returns the port. */
  async open(where: ListenOptions): Promise<number> {
    return listen(this.#create(), where);
  }

  /** Serves a port that is listened on already, by its file descriptor. @returns the port. */
  async adopt(fd: number): Promise<number> {
    const server = this.#create();
    server.listen({ fd });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /** Stops listening and cuts whoever is still connected. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    for (const server of this.#servers) server.closeAllConnections();
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    await Promise.all(closed);
  }

  #create(): Server {
    const limits = { requestTimeout: REQUEST_TIMEOUT, headersTimeout: HEADERS_TIMEOUT };
    const { tls } = this.#options;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.#request(request, response);
    const server =
      tls === undefined
        ? createServer(limits, onRequest)
        : createSecureServer(
            { ...limits, ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined },
            onRequest,
          );
    server.on("upgrade", (request, stream, head) => this.#upgrade(request, stream, head));
    this.#servers.push(server);
    return server;
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#options.doors.judgeRequest(request, request.url === "/health");
    if (refusal !== undefined) {
      response.writeHead(refusal.status, {
        "content-type": "application/json",
        connection: "close",
        // So that a browser asks its user for the token.
        ...(refusal.status === 401
          ? { "www-authenticate": 'Basic realm="Heddle: any name, the token as password"' }
          : {}),
      });
      response.end(JSON.stringify({ code: refusal.code, message: refusal.message }));
      return;
    }
    if (request.url?.startsWith(RESULTS_PATH)) return this.#options.results.handle(request, response);
    this.#app ??= import("./http.js").then(({ httpInterface }) => httpInterface(this.#options.http));
    this.#app.then(
      (app) => app(request, response),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // A peer that hangs up during the upgrade is nobody's error.
    stream.on("error", () => stream.destroy());
    const refusal = this.#options.doors.judgeUpgrade(request);
    if (refusal !== undefined) return turnAway(stream, refusal);
    this.#sockets.handleUpgrade(request, stream, head, (socket) => {
      const raw = request.socket;
      raw.setKeepAlive(true, 30_000);
      void this.#greet(socket, raw);
    });
  }

  async #greet(socket: WebSocket, stream: Socket): Promise<void> {
    const hello = await greet(socket, stream, this.#options.helloTimeout);
    if (hello !== undefined) this.#options.onPeer(socket, hello);
  }
}

const REASONS = { 401: "Unauthorized", 403: "Forbidden", 421: "Misdirected Request" } as const;

/** An upgrade is refused by plain HTTP, on a stream that Node has taken its hands off. */
function turnAway(stream: Duplex, refusal: Refusal): void {
  const body = JSON.stringify({ code: refusal.code, message: refusal.message });
  stream.end(
    [
      `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status]}`,
      "Connection: close",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}
