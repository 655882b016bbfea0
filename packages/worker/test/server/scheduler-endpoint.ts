/** The scheduler's end of a worker's connection, played by a test: it says exactly what the test says. */
import { capture } from "@heddle/closures";
import {
  Channel,
  FIRST_DEFINITION,
  PROTOCOL_VERSION,
  ValueDecoder,
  ValueEncoder,
  at,
  decodeFrame,
  encodeFrame,
  offsetsOf,
  type DefinitionRecord,
  type SchedulerToWorker,
  type TaskOptions,
  type Welcome,
  type WorkerHello,
  type WorkerToScheduler,
} from "@heddle/protocol";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

/** Stands in arguments for the result of another task. */
export class Dep {
  constructor(
    readonly task: number,
    readonly holder = -1,
    readonly nbytes = 100,
  ) {}
}

export interface Submission {
  readonly task: number;
  readonly run?: number;
  readonly fn: (...args: never[]) => unknown;
  readonly args?: readonly unknown[];
  readonly flags?: number;
  readonly options?: TaskOptions;
}

/** A worker that has joined. */
export class Member {
  readonly messages: WorkerToScheduler[] = [];
  readonly #channel: Channel<SchedulerToWorker, WorkerToScheduler>;
  readonly #changed = new Set<() => void>();
  readonly closed: Promise<void>;

  constructor(
    readonly hello: WorkerHello,
    socket: WebSocket,
  ) {
    let closed = (): void => {};
    this.closed = new Promise((resolve) => (closed = resolve));
    this.#channel = new Channel(socket, {
      onMessages: (messages) => {
        this.messages.push(...messages);
        for (const notify of this.#changed) notify();
      },
      onClose: () => closed(),
    });
  }

  send(...messages: SchedulerToWorker[]): void {
    for (const message of messages) this.#channel.send(message);
  }

  cut(): void {
    this.#channel.terminate();
  }

  of<O extends WorkerToScheduler["op"]>(op: O): Extract<WorkerToScheduler, { op: O }>[] {
    return this.messages.filter((message) => message.op === op) as Extract<WorkerToScheduler, { op: O }>[];
  }

  /** Resolves when `find` finds something in what the worker has said. */
  async until<T>(find: (member: this) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const notify = (): void => {
          this.#changed.delete(notify);
          resolve();
        };
        this.#changed.add(notify);
      });
    }
  }

  /** Resolves with the bytes a result has, when the worker has reported it. */
  finished(task: number): Promise<{ nbytes: number; inline: Uint8Array | undefined; run: number; thread: number }> {
    return this.until(() => {
      for (const report of this.of("finished")) {
        const row = report.tasks.indexOf(task);
        if (row === -1) continue;
        const lengths = typeof report.inlineLengths === "number" ? report.tasks.map(() => -1) : report.inlineLengths;
        const offset = offsetsOf(lengths, row)[row]!;
        return {
          nbytes: report.nbytes[row]!,
          run: report.runs[row]!,
          thread: at(report.threads, row),
          inline: lengths[row]! < 0 ? undefined : report.inline.subarray(offset, offset + lengths[row]!),
        };
      }
      return undefined;
    });
  }

  failure(task: number) {
    return this.until(() =>
      this.of("failed")
        .flatMap((message) => message.failures)
        .find((f) => f.task === task),
    );
  }
}

export class SchedulerEndpoint implements AsyncDisposable {
  readonly #server: WebSocketServer;
  readonly members: Member[] = [];
  readonly #joined = new Set<() => void>();
  epoch = "epoch-1";
  heartbeat = 1000;
  token: string | undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => void this.#greet(socket));
  }

  static async start(port = 0): Promise<SchedulerEndpoint> {
    const server = new WebSocketServer({ port, host: "127.0.0.1", perMessageDeflate: false });
    await once(server, "listening");
    return new SchedulerEndpoint(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The n-th connection of a worker, from 0. */
  async member(index = 0): Promise<Member> {
    while (this.members[index] === undefined) await new Promise<void>((resolve) => this.#joined.add(resolve));
    return this.members[index];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #greet(socket: WebSocket): Promise<void> {
    const [data] = (await once(socket, "message")) as [Buffer];
    const hello = decodeFrame(data)[0] as WorkerHello;
    const index = this.members.length;
    const welcome: Welcome = {
      op: "welcome",
      protocol: PROTOCOL_VERSION,
      epoch: this.epoch,
      heddle: "test",
      index,
      name: hello.name ?? `worker-${index + 1}`,
      heartbeat: this.heartbeat,
    };
    socket.send(encodeFrame([welcome]));
    this.members.push(new Member(hello, socket));
    for (const notify of this.#joined) notify();
    this.#joined.clear();
  }
}

/** Functions as definitions, numbered as a scheduler would. */
export class Definitions {
  readonly #indices = new Map<string, number>();

  /** The messages that make a worker run these, all of them in one `compute`. */
  submit(...submissions: Submission[]): SchedulerToWorker[] {
    const fresh: (DefinitionRecord & { readonly index: number })[] = [];
    const functionOf: number[] = [];
    const args: Uint8Array[] = [];
    const deps: Dep[][] = [];
    for (const { fn, args: given = [] } of submissions) {
      const captured = capture(fn);
      for (const record of captured.definitions) {
        if (this.#indices.has(record.hash)) continue;
        const index = record.hash === captured.token ? FIRST_DEFINITION + this.#indices.size : -1;
        this.#indices.set(record.hash, index);
        fresh.push({ ...record, index });
      }
      functionOf.push(this.#indices.get(captured.token)!);
      const own: Dep[] = [];
      const encoder = new ValueEncoder({
        outOfBandBytes: Infinity,
        dependencyOf: (value) => (value instanceof Dep ? own.push(value) - 1 : -1),
      });
      args.push(encoder.encode(given).head.slice());
      deps.push(own);
    }
    const keys = submissions.map(({ task }) => Buffer.from(`key-${task}`));
    const options = submissions.flatMap((submission) => submission.options ?? []);
    const define: SchedulerToWorker[] = fresh.length === 0 ? [] : [{ op: "define", definitions: fresh }];
    return [
      ...define,
      {
        op: "compute",
        rows: submissions.length,
        tasks: Int32Array.from(submissions, ({ task }) => task),
        runs: Int32Array.from(submissions, ({ run }) => run ?? 1),
        functionOf: Int32Array.from(functionOf),
        flags: Int32Array.from(submissions, ({ flags }) => flags ?? 0),
        attempts: 1,
        priorities: 0,
        orders: Float64Array.from(submissions, ({ task }) => task),
        options,
        optionsOf: Int32Array.from(submissions, ({ options: own }) => (own === undefined ? -1 : options.indexOf(own))),
        keyLengths: Int32Array.from(keys, (key) => key.length),
        keys: Buffer.concat(keys),
        argLengths: Int32Array.from(args, (bytes) => bytes.length),
        args: Buffer.concat(args),
        depCounts: Int32Array.from(deps, (own) => own.length),
        deps: Int32Array.from(deps.flat(), (dep) => dep.task),
        depHolders: Int32Array.from(deps.flat(), (dep) => dep.holder),
        depBytes: Float64Array.from(deps.flat(), (dep) => dep.nbytes),
      },
    ];
  }
}

export function decoded(head: Uint8Array, buffers: readonly Uint8Array[] = []): unknown {
  return new ValueDecoder().decode(head, buffers);
}
