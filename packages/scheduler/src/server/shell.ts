/** Between the pure core and its members' channels: events in with the time, instructions out to whom they are for. */
import type { WebSocket } from "ws";
import {
  Channel,
  CloseCode,
  HEDDLE_VERSION,
  PROTOCOL_VERSION,
  encodeFrame,
  toPlainError,
  validateClientMessage,
  validateWorkerMessage,
  type ClientHello,
  type Hello,
  type SchedulerToClient,
  type Welcome,
  type WorkerHello,
} from "@heddle/protocol";
import type { LogLine } from "@heddle/protocol/dashboard";
import type { Instruction, SchedulerEvent } from "../core/events.js";
import type { SchedulerCore } from "../core/scheduler-core.js";
import { WorkerNameTakenError, refuse } from "./greeting.js";
import { Members, type ClientMember, type WorkerMember } from "./members.js";
import { ExitReports } from "./exit-reports.js";
import { MissedNews } from "./missed-news.js";

export interface ShellOptions {
  readonly core: Pick<SchedulerCore, "handle">;
  readonly epoch: string;
  /** Milliseconds between heartbeats, told to workers. */
  readonly heartbeat: number;
  /** Bytes that may wait for a client, or a worker, that does not read. */
  readonly maxClientBacklog: number;
  readonly maxWorkerBacklog: number;
  /** Milliseconds that the end of a worker waits for the report of the process that watches it; 0: nobody reports. */
  readonly reportPatience: number;
  log(line: string): void;
  /** The core has handled an event, and nobody has been told yet what follows from it. */
  onHandled?(): void;
  /** A client asked for the end of the whole cluster. */
  onShutdown(): void;
  /** What clients publish about their runs, in order: bytes as they came, to be copied by who keeps them. */
  onRunEvents?(topic: string, events: Uint8Array): void;
  /** What workers and their tasks printed, where somebody shows it. */
  onPrinted?(lines: readonly LogLine[]): void;
}

/** The core wants to hear of the time at least every 500 ms. */
const TICK = 250;

type Member = ClientMember | WorkerMember;

export class Shell {
  readonly members = new Members();
  readonly #options: ShellOptions;
  readonly #reports: ExitReports;
  readonly #events: SchedulerEvent[] = [];
  #handling = false;
  #ticker: NodeJS.Timeout | undefined;
  #continuing: NodeJS.Immediate | undefined;
  #emptied: (() => void) | undefined;
  #closing = false;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#reports = new ExitReports(options.reportPatience);
  }

  start(): void {
    this.#ticker = setInterval(() => {
      this.#feed({ type: "tick" });
      this.#tellOfMissed();
    }, TICK);
    this.#ticker.unref();
  }

  /** Lets a greeted peer in, or tells it why not. */
  admit(socket: WebSocket, hello: Hello): void {
    if (this.#closing) {
      socket.close(CloseCode.goingAway, "the scheduler is closing");
      return;
    }
    // The peer knows better than we that its former connection is dead.
    const former = this.members.formerSelf(hello.id);
    if (former !== undefined) {
      former.channel.terminate();
      this.#lose(former, true, "it connected again");
    }
    if (hello.role === "client") this.#admitClient(socket, hello);
    else this.#admitWorker(socket, hello);
  }

  /** An event that comes from no member. */
  take(event: SchedulerEvent): void {
    if (!this.#closing) this.#feed(event);
  }

  /** How the process of a worker ended, from whoever watches it. */
  reportExit(pid: number, detail: string): void {
    this.#reports.report(pid, detail);
  }

  /** Tells everybody to go, and waits until they have, at most `patience` milliseconds. */
  async close(patience: number): Promise<void> {
    this.#closing = true;
    clearInterval(this.#ticker);
    clearImmediate(this.#continuing);
    this.#reports.close();
    const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const member of this.members.all()) member.channel.close(CloseCode.goingAway, "the scheduler is closing");
    if (this.members.clients.size + this.members.workers.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([emptied, new Promise((resolve) => (timer = setTimeout(resolve, patience)))]);
    clearTimeout(timer);
  }

  #admitClient(socket: WebSocket, hello: ClientHello): void {
    const index = this.members.nextClient();
    this.#welcome(socket, index);
    const member: ClientMember = {
      role: "client",
      index,
      hello,
      missed: new MissedNews(),
      channel: new Channel(socket, {
        onMessages: (messages) => {
          for (const message of messages) {
            if (!this.members.clients.has(index)) return;
            this.#feed({ type: "clientMessage", client: index, message: validateClientMessage(message) });
          }
        },
        onClose: (code, reason) => this.#closed(member, code, reason),
      }),
    };
    this.members.clients.set(index, member);
    this.#feed({ type: "clientJoined", client: index, hello });
  }

  #admitWorker(socket: WebSocket, hello: WorkerHello): void {
    const name = hello.name ?? this.members.drawName();
    if (this.members.workerNamed(name) !== undefined) {
      refuse(socket, toPlainError(new WorkerNameTakenError(name)));
      return;
    }
    const index = this.members.nextWorker();
    this.#welcome(socket, index, name);
    const member: WorkerMember = {
      role: "worker",
      index,
      name,
      hello,
      channel: new Channel(socket, {
        onMessages: (messages) => {
          for (const message of messages) {
            if (!this.members.workers.has(index)) return;
            this.#feed({ type: "workerMessage", worker: index, message: validateWorkerMessage(message) });
          }
        },
        onClose: (code, reason) => this.#closed(member, code, reason),
      }),
    };
    this.members.workers.set(index, member);
    this.#feed({ type: "workerJoined", worker: index, name, hello });
  }

  #welcome(socket: WebSocket, index: number, name?: string): void {
    const welcome: Welcome = {
      op: "welcome",
      protocol: PROTOCOL_VERSION,
      epoch: this.#options.epoch,
      heddle: HEDDLE_VERSION,
      index,
      heartbeat: this.#options.heartbeat,
      ...(name === undefined ? {} : { name }),
    };
    socket.send(encodeFrame([welcome]), { binary: true });
  }

  #closed(member: Member, code: number, reason: string): void {
    const orderly = code === CloseCode.normal || code === CloseCode.goingAway;
    if (code === CloseCode.malformed)
      this.#options.log(`${nameOf(member)} is disconnected: ${reason === "" ? "malformed frame" : reason}`);
    if (member.role === "client" || orderly || this.#closing) {
      this.#lose(member, orderly, reason);
      return;
    }
    const detail = `its connection closed (${code}${reason === "" ? "" : ` ${reason}`})`;
    this.#reports.await(member.hello.pid, (report) => this.#lose(member, false, report ?? detail));
  }

  /** Once per member, however it went. */
  #lose(member: Member, expected: boolean, detail: string): void {
    const known = member.role === "client" ? this.members.clients : this.members.workers;
    if (!known.delete(member.index)) return;
    if (this.#closing) {
      if (this.members.clients.size + this.members.workers.size === 0) this.#emptied?.();
      return;
    }
    if (member.role === "client") this.#feed({ type: "clientLeft", client: member.index });
    else this.#feed({ type: "workerLeft", worker: member.index, expected, detail });
  }

  /** Losing a member while instructions are carried out makes another event: it waits for its turn. */
  #feed(event: SchedulerEvent): void {
    this.#events.push(event);
    if (this.#handling) return;
    this.#handling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#handle(next);
    } finally {
      this.#handling = false;
    }
  }

  #handle(event: SchedulerEvent): void {
    // Milliseconds since the epoch that never go back, which Date.now may.
    const now = performance.timeOrigin + performance.now();
    let instructions: readonly Instruction[];
    try {
      instructions = this.#options.core.handle(event, now);
    } catch (error) {
      // A defect of ours. Who sent the message is cut, so that both begin afresh; everybody else goes on.
      this.#options.log(`internal error at ${event.type}: ${error instanceof Error ? error.stack : String(error)}`);
      if (event.type === "clientMessage") this.#drop(this.members.clients.get(event.client), "internal error");
      if (event.type === "workerMessage") this.#drop(this.members.workers.get(event.worker), "internal error");
      return;
    }
    this.#options.onHandled?.();
    for (const instruction of instructions) this.#perform(instruction);
  }

  #perform(instruction: Instruction): void {
    switch (instruction.to) {
      case "worker": {
        const member = this.members.workers.get(instruction.worker);
        if (member === undefined) return;
        member.channel.send(instruction.message);
        if (member.channel.buffered > this.#options.maxWorkerBacklog) this.#tooSlow(member);
        return;
      }
      case "client": {
        const member = this.members.clients.get(instruction.client);
        if (member === undefined) return;
        this.#tell(member, instruction.message);
        return;
      }
      case "shell":
        this.#performHere(instruction);
    }
  }

  #tell(member: ClientMember, message: SchedulerToClient): void {
    const { channel, missed } = member;
    const { maxClientBacklog } = this.#options;
    const backlog = channel.buffered / maxClientBacklog;
    if (message.op === "published" && !missed.admits(message, backlog)) return;
    // With the answer to a question it knows everything that was before it.
    if (!missed.isEmpty) for (const note of missed.take(message.op === "answer" ? 0 : backlog)) channel.send(note);
    channel.send(message);
    if (channel.buffered > maxClientBacklog) this.#tooSlow(member);
  }

  /** Also those to whom nothing else is said. */
  #tellOfMissed(): void {
    const { maxClientBacklog } = this.#options;
    for (const { channel, missed } of this.members.clients.values())
      if (!missed.isEmpty) for (const note of missed.take(channel.buffered / maxClientBacklog)) channel.send(note);
  }

  #performHere(instruction: Instruction & { to: "shell" }): void {
    switch (instruction.action) {
      case "shutdown":
        this.#options.onShutdown();
        return;
      case "dropWorker":
        this.#drop(this.members.workers.get(instruction.worker), instruction.reason);
        return;
      case "log":
        this.#options.log(instruction.line);
        return;
      case "event":
        this.#options.onRunEvents?.(instruction.topic, instruction.events);
        return;
      case "printed":
        this.#options.onPrinted?.(instruction.lines);
        return;
      case "continue":
        // An immediate, so that sockets are read and written between two slices.
        this.#continuing ??= setImmediate(() => {
          this.#continuing = undefined;
          this.#feed({ type: "continue" });
        });
    }
  }

  #tooSlow(member: Member): void {
    this.#drop(member, `it does not read: ${member.channel.buffered} bytes are waiting for it`, CloseCode.tooSlow);
  }

  #drop(member: Member | undefined, reason: string, code: number = CloseCode.refused): void {
    if (member === undefined) return;
    this.#options.log(`${nameOf(member)} is disconnected: ${reason}`);
    member.channel.close(code, reason);
    this.#lose(member, false, reason);
  }
}

function nameOf(member: Member): string {
  return member.role === "worker" ? `worker ${member.name}` : `client ${member.hello.name}`;
}
