/** The dashboard's port: the page, its HTTP interface, its WebSockets, and metrics. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import express, { type ErrorRequestHandler, type Express, type Response } from "express";
import { WebSocketServer } from "ws";
import { HeddleError } from "@heddle/protocol";
import { DASHBOARD_SUBPROTOCOL, type Role } from "@heddle/protocol/dashboard";
import { addressOf, listen } from "../../server/listening.js";
import type { ReportPage } from "../record/html-report.js";
import type { DashboardSource } from "../source.js";
import { admit, api } from "./api.js";
import { ofOwnUser } from "./own-user.js";
import { PageDoors, type PageRefusal } from "./page-doors.js";
import { readPageFiles, type PageFile } from "./page-files.js";
import { securityHeaders } from "./security-headers.js";
import { Sessions } from "./sessions.js";

/** Plain data: it crosses into the thread that serves. */
export interface DashboardServerOptions {
  readonly host: string;
  readonly port: number;
  /** Take the next free port when this one is taken. */
  readonly nextFree: boolean;
  /** Whoever shows it may look and act. undefined: whoever reaches the port may look. */
  readonly token: string | undefined;
  /** Whoever shows it may look. */
  readonly viewToken?: string | undefined;
  readonly actionsWithoutToken: boolean;
  /** Let in processes of this process's own user, on this machine, without asking. */
  readonly trustOwnUser: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Path that a reverse proxy leaves in front, "/heddle": served there as well as at the root. Default none. */
  readonly basePath?: string;
  readonly frameAncestors?: readonly string[];
  /** All PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** Folder of the page for reports: report.js and report.css. */
  readonly reportFolder?: string;
}

const REQUEST_TIMEOUT = 10_000;
/** Bytes of one message of a page. */
const MAX_MESSAGE = 1024 * 1024;

export class DashboardServer {
  readonly #options: DashboardServerOptions;
  readonly #source: DashboardSource;
  readonly #doors: PageDoors;
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    handleProtocols: (offered) => (offered.has(DASHBOARD_SUBPROTOCOL) ? DASHBOARD_SUBPROTOCOL : false),
  });
  readonly #base: string;
  #sessions!: Sessions;
  #server: Server | undefined;
  #port = 0;

  constructor(source: DashboardSource, options: DashboardServerOptions) {
    this.#options = options;
    this.#source = source;
    this.#doors = new PageDoors(options);
    this.#files = readPageFiles(options.pageFolder);
    this.#base = (options.basePath ?? "").replace(/^\/?/, "/").replace(/\/+$/, "");
  }

  /** @returns the port. @throws PortInUseError, ListenError */
  async start(): Promise<number> {
    const { tls } = this.#options;
    const limits = { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT };
    const server = tls === undefined ? createServer(limits) : createSecureServer({ ...limits, ...tls });
    this.#server = server;
    this.#port = await listen(server, this.#options);
    this.#sessions = new Sessions({
      token: this.#options.token,
      viewToken: this.#options.viewToken,
      actionsWithoutToken: this.#options.actionsWithoutToken,
      ofOwnUser: this.#options.trustOwnUser ? ofOwnUser : () => Promise.resolve(false),
      cookie: `heddle-${this.#port}`,
    });
    const headers = securityHeaders(this.#options.frameAncestors ?? []);
    const app = this.#app(headers);
    server.on("request", (request: IncomingMessage, response) => {
      const refusal = this.#doors.judgeRequest(request, this.#sessions.bearer(request) !== undefined);
      if (refusal === undefined) {
        (app as RequestListener)(request, response);
        return;
      }
      response.writeHead(refusal.status, { ...headers, "Content-Type": "application/json", Connection: "close" });
      response.end(JSON.stringify({ code: refusal.code, message: refusal.message }));
    });
    server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(request, stream, head),
    );
    return this.#port;
  }

  /** "http://127.0.0.1:8787/" */
  get url(): string {
    const scheme = this.#options.tls === undefined ? "http" : "https";
    return `${addressOf(scheme, this.#options.host, this.#port)}${this.#base}/`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    const server = this.#server;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #app(headers: Readonly<Record<string, string>>): Express {
    const app = express();
    app.disable("x-powered-by");
    app.disable("etag");
    app.set("query parser", "simple");
    app.use((_request, response, next) => {
      response.set(headers);
      next();
    });
    const site = express.Router({ caseSensitive: true });
    site.get("/healthz", (_request, response) => void response.json({ status: "running" }));
    site.get(
      "/metrics",
      (request, response, next) => admit(this.#sessions, "view", request, response, next),
      async (_request, response) => {
        response.type("text/plain; version=0.0.4").send(await this.#source.metrics());
      },
    );
    site.use(
      "/api/v1",
      api({
        source: this.#source,
        sessions: this.#sessions,
        cookiePath: this.#base === "" ? "/" : `${this.#base}/`,
        secure: this.#options.tls !== undefined,
        ...reportPage(this.#options.reportFolder),
      }),
    );
    site.use((request, response, next) => {
      if (request.method !== "GET" && request.method !== "HEAD") return next();
      const file = this.#files.get(request.path.slice(1));
      if (file === undefined) return next();
      send(file, request, response);
    });
    if (this.#base !== "") {
      // Relative addresses in the page need the slash.
      app.use((request, response, next) =>
        request.path === this.#base ? response.redirect(308, `${this.#base}/`) : next(),
      );
      app.use(this.#base, site);
    }
    app.use(site);
    app.use((request, response) => {
      response.status(404).json({ code: "HEDDLE_NOT_FOUND", message: `there is no ${request.method} ${request.path}` });
    });
    app.use(onError);
    return app;
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // A page that goes away during the upgrade is nobody's error.
    stream.on("error", () => stream.destroy());
    const path = new URL(request.url ?? "/", "http://host").pathname;
    if (path !== "/ws" && path !== `${this.#base}/ws`)
      return turnAway(stream, { status: 404, code: "HEDDLE_NOT_FOUND", message: "sockets are at ws" });
    const isProgram = this.#sessions.bearer(request) !== undefined;
    const refusal = this.#doors.judgeUpgrade(request, isProgram);
    if (refusal !== undefined) return turnAway(stream, refusal);
    const role: Role | undefined = this.#sessions.roleOf(request);
    if (role === undefined)
      return turnAway(stream, { status: 401, code: "HEDDLE_UNAUTHORIZED", message: "log in first" });
    // A page cannot read why its upgrade was refused: it is let in and told there. A program can.
    const { full } = this.#source;
    if (isProgram && full !== undefined)
      return turnAway(stream, { status: 503, code: "HEDDLE_DASHBOARD_FULL", message: full });
    this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#source.attach(socket, role));
  }
}

function reportPage(folder: string | undefined): { readonly reportPage?: ReportPage } {
  // A checkout runs before its pages are built.
  if (folder === undefined || !existsSync(join(folder, "report.js"))) return {};
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  return { reportPage: { script: read("report.js"), style: read("report.css") } };
}

function send(file: PageFile, request: IncomingMessage, response: Response): void {
  response.set("Content-Type", file.type);
  response.set("Vary", "Accept-Encoding");
  response.set("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  const zipped = /\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "") ? file.gzip : undefined;
  if (zipped !== undefined) response.set("Content-Encoding", "gzip");
  response.end(request.method === "HEAD" ? undefined : (zipped ?? file.body));
}

function turnAway(
  stream: Duplex,
  refusal: Omit<PageRefusal, "status"> & { readonly status: PageRefusal["status"] | 401 | 404 | 503 },
): void {
  const body = JSON.stringify({ code: refusal.code, message: refusal.message });
  stream.end(
    `HTTP/1.1 ${refusal.status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Express tells an error handler by its four parameters. */
const onError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  const status = statusOf(error);
  const known = error instanceof HeddleError;
  response.status(status).json({
    code: known ? error.code : status < 500 ? "HEDDLE_BAD_REQUEST" : "HEDDLE_INTERNAL",
    // What an unforeseen error says may hold anything.
    message: known ? error.message : status < 500 ? "the request cannot be read" : "an internal error of the dashboard",
  });
};

/** Errors of ours and of express's parts carry a status. */
function statusOf(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === "number" && status >= 400 && status < 600 ? status : 500;
}
