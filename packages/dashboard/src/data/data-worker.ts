import { FrameType } from "@heddle/protocol/dashboard";
import type {
  DashboardHello,
  DictionaryDelta,
  FlowNews,
  FrameHeader,
  LogLine,
  SeriesPoint,
  SessionInfo,
  SummaryDelta,
} from "@heddle/protocol/dashboard";
import { readJson, ServerConnection } from "./connection.js";
import type { Connection, PageToWorker, WorkerToPage } from "./messages.js";
import { SnapshotOutbox } from "./snapshots.js";

export type Send = (message: WorkerToPage, transfer?: Transferable[]) => void;

/** Takes the page's commands and the server's frames apart and hands each to the part it concerns. */
export class DataWorker {
  private connection: ServerConnection | undefined;
  private readonly outbox: SnapshotOutbox;
  private base = "";
  private runId: string | undefined;
  private bytes = 0;
  private state: Connection["state"] = "connecting";

  constructor(private readonly send: Send) {
    this.outbox = new SnapshotOutbox((snapshot) => send({ type: "snapshot", snapshot }));
  }

  receive(message: PageToWorker): void {
    switch (message.type) {
      case "start":
        return this.start(message.base);
      case "topics":
        return this.connection?.subscribe(message.topics);
      case "pause":
        return this.connection?.pause(message.paused);
      case "reconnect":
        return this.connection?.reconnect();
      default:
        return;
    }
  }

  private start(base: string): void {
    this.base = base;
    const address = new URL("ws?v=1", base);
    address.protocol = address.protocol.replace("http", "ws");
    this.connection = new ServerConnection({
      open: (protocol) => new WebSocket(address, protocol),
      authenticated: async () => {
        const answer = await fetch(new URL("api/v1/session", this.base), { credentials: "same-origin" });
        return ((await answer.json()) as SessionInfo).authenticated;
      },
      onFrame: (header, view) => this.frame(header, view),
      onState: (connection) => {
        this.state = connection.state;
        this.outbox.connection(connection);
      },
    });
    this.connection.start();
  }

  private frame(header: FrameHeader, view: DataView): void {
    this.bytes += view.byteLength;
    switch (header.type) {
      case FrameType.hello:
        return this.hello(readJson(view) as DashboardHello);
      case FrameType.dictionary:
        return this.outbox.dictionary(readJson(view) as DictionaryDelta);
      case FrameType.summary:
        return this.outbox.summary(readJson(view) as SummaryDelta);
      case FrameType.series:
        return this.outbox.series(readJson(view) as SeriesPoint);
      case FrameType.log:
        return this.outbox.log(readJson(view) as LogLine[]);
      case FrameType.flow:
        return this.outbox.flow(readJson(view) as FlowNews);
      default:
        return;
    }
  }

  private hello(hello: DashboardHello): void {
    const previous = this.runId !== undefined && this.runId !== hello.runId ? this.runId : undefined;
    this.runId = hello.runId;
    this.outbox.hello(hello, previous);
  }
}
