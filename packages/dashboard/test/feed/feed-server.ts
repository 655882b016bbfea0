import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { extname } from "node:path";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import {
  CHUNK_ROWS,
  DASHBOARD_SUBPROTOCOL,
  FRAME_HEADER,
  FrameType,
  IDLE,
  RUNNING_BYTES,
  RunningField,
  writeFrameHeader,
} from "@heddle/protocol/dashboard";
import type { DashboardHello, Minimap, SessionInfo } from "@heddle/protocol/dashboard";
import { listPageFiles } from "@heddle/dashboard/assets";
import { MadeUpCluster } from "./made-up-cluster.js";
import { jsonFrame, tasksFrame } from "./rows.js";
import type { Run } from "./rows.js";

/** The headers the page must live with. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types dash";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Serves the built page with frames of a made-up cluster: what the page is tried with where no cluster runs. */
export class FeedServer {
  readonly runs: Run[];
  private readonly http: Server;
  private readonly sockets = new WebSocketServer({ noServer: true, handleProtocols: () => DASHBOARD_SUBPROTOCOL });
  private readonly files = new Map(listPageFiles().map((file) => [`/${file.path}`, readFileSync(file.url)]));
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  readonly runId = "run-1";

  /** @param history rows that are there when the first page comes */
  constructor(
    readonly cluster: MadeUpCluster,
    now: number,
    readonly live = true,
  ) {
    this.runs = cluster.advance(now);
    this.http = createServer((request, response) => this.answer(request, response));
    this.http.on("upgrade", (request, socket, head) =>
      this.sockets.handleUpgrade(request, socket, head, (page) => this.greet(page)),
    );
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(port, "127.0.0.1", resolve));
    if (this.live) {
      this.timers.push(setInterval(() => this.tick(), 100));
      this.timers.push(
        setInterval(() => this.send(jsonFrame(FrameType.summary, this.cluster.summary(Date.now()))), 250),
      );
    }
    this.timers.push(setInterval(() => this.send(jsonFrame(FrameType.series, this.cluster.series(Date.now()))), 1000));
    const address = this.http.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : port}/`;
  }

  async close(): Promise<void> {
    this.timers.forEach(clearInterval);
    for (const page of this.sockets.clients) page.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private tick(): void {
    const runs = this.cluster.advance(Date.now());
    this.runs.push(...runs);
    if (runs.length > 0) this.send(tasksFrame(runs));
    this.send(this.running());
  }

  private running(): ArrayBuffer {
    const now = Date.now();
    const { lanes } = this.cluster;
    const buffer = new ArrayBuffer(FRAME_HEADER + lanes.length * RUNNING_BYTES);
    const view = new DataView(buffer);
    writeFrameHeader(view, { type: FrameType.running, flags: 0, seq: this.cluster.head, base: 0 });
    lanes.forEach((lane, index) => {
      const at = FRAME_HEADER + index * RUNNING_BYTES;
      const runs = lane.group >= 0 && lane.start <= now;
      view.setUint16(at + RunningField.lane, lane.id, true);
      view.setUint16(at + RunningField.group, runs ? lane.group : IDLE, true);
      view.setFloat64(at + RunningField.start, runs ? lane.start : 0, true);
    });
    return buffer;
  }

  private greet(page: WebSocket): void {
    const now = Date.now();
    const sealed = Math.floor(this.runs.length / CHUNK_ROWS);
    const hello: DashboardHello = {
      runId: this.runId,
      cluster: "flight-delays",
      heddle: "0.1.0",
      role: "operate",
      now,
      startedAt: this.cluster.options.startedAt,
      headSeq: this.runs.length,
      oldestSeq: 0,
      chunks: Array.from({ length: sealed }, (_, id) => ({
        id,
        firstSeq: id * CHUNK_ROWS,
        rows: CHUNK_ROWS,
        from: this.runs[id * CHUNK_ROWS]!.start,
        to: this.runs[(id + 1) * CHUNK_ROWS - 1]!.end,
      })),
      dictionary: this.cluster.dictionary(),
      summary: this.cluster.summary(now),
      series: Array.from({ length: 60 }, (_, index) => this.cluster.series(now - (60 - index) * 1000)),
      limits: { maxRows: 4_194_304 },
    };
    page.send(jsonFrame(FrameType.hello, hello, this.runs.length));
    if (this.live) page.send(this.running());
  }

  private send(frame: ArrayBuffer): void {
    for (const page of this.sockets.clients) page.send(frame);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("x-content-type-options", "nosniff");
    if (url.pathname.startsWith("/api/v1/")) return this.answerApi(url, response);
    const path = url.pathname === "/" ? "/index.html" : url.pathname;
    const file = this.files.get(path);
    if (!file) return void response.writeHead(404).end();
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    response.end(file);
  }

  private answerApi(url: URL, response: ServerResponse): void {
    const [name, , id] = url.pathname.slice("/api/v1/".length).split("/");
    const json = (body: unknown): void => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    if (name === "session") return json(SESSION);
    if (name === "chunks") {
      const first = Number(id) * CHUNK_ROWS;
      return void response.end(new Uint8Array(tasksFrame(this.runs.slice(first, first + CHUNK_ROWS))));
    }
    if (name === "rows") {
      const from = Number(url.searchParams.get("from"));
      const to = Number(url.searchParams.get("to"));
      const frame = new Uint8Array(tasksFrame(this.runs.slice(from, to)));
      const length = new Uint8Array(new Uint32Array([frame.length]).buffer);
      return void response.end(Buffer.concat([length, frame]));
    }
    if (name === "minimap") return json(this.minimap());
    if (name === "search") return json([]);
    if (name === "task") {
      const seq = Number(url.searchParams.get("seq"));
      return json({ key: `task-${seq}`, group: this.runs[seq]?.group ?? 0 });
    }
    response.writeHead(404);
    json({ code: "HEDDLE_NOT_FOUND", message: `The made-up cluster knows nothing of ${name}.` });
  }

  private minimap(): Minimap {
    const from = this.cluster.options.startedAt;
    const to = Math.max(from + 1, this.runs.at(-1)?.end ?? 0);
    const busy = new Array<number>(1024).fill(0);
    const errors = new Array<number>(1024).fill(0);
    const width = (to - from) / 1024;
    for (const run of this.runs) {
      const index = Math.min(1023, Math.floor((run.end - from) / width));
      busy[index]! += (run.end - run.start) / width / this.cluster.lanes.length;
      if (run.state) errors[index]!++;
    }
    return { from, to, busy: busy.map((part) => Math.min(1, part)), errors };
  }
}

const SESSION: SessionInfo = {
  authenticated: true,
  role: "operate",
  cluster: "flight-delays",
  heddle: "0.1.0",
  mode: "cluster",
  workerCommand: "heddle worker ws://127.0.0.1:8786",
};
