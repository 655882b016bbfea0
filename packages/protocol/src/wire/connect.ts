/** The dialling side of a connection to a scheduler: upgrade, hello, welcome. */
import type { IncomingMessage } from "node:http";
import { WebSocket, type ClientOptions } from "ws";
import { HeddleError, registerError } from "../errors.js";
import type { PlainError } from "../messages/plain.js";
import type { Hello, Refused, Welcome } from "../messages/handshake.js";
import { PROTOCOL_VERSION } from "../version.js";
import { Channel, type ChannelHandlers } from "./channel.js";
import { decodeFrame, encodeFrame, type WireMessage } from "./frame.js";

/** After authentication. The largest frame a peer may send. */
export const MAX_PAYLOAD = 64 * 1024 * 1024;
/** Before authentication: a hello is small. */
export const MAX_HELLO = 64 * 1024;
/** Milliseconds. */
export const CONNECT_TIMEOUT = 10_000;

export interface TlsOptions {
  /** PEM. */
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** false: accept any certificate. Only for tests. */
  readonly rejectUnauthorized?: boolean;
}

export interface ConnectOptions {
  /** Goes with the upgrade as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  /** Milliseconds for the whole of upgrade and handshake. Default 10,000. */
  readonly timeout?: number | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Nothing that speaks Heddle answered at the address. `address` and `reason` say where and why. */
export class SchedulerUnreachableError extends HeddleError {
  constructor(
    readonly address: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_SCHEDULER_UNREACHABLE",
      `cannot reach a Heddle scheduler at ${address}: ${reason}. Check the address, or start one with: heddle scheduler`,
      options,
    );
  }
}

/** Scheduler and peer speak different versions of the wire. Both are named; install the same release of heddle on both sides. */
export class ProtocolVersionError extends HeddleError {
  constructor(
    readonly address: string,
    readonly ours: number,
    readonly theirs: number,
  ) {
    super(
      "HEDDLE_PROTOCOL_VERSION",
      `the scheduler at ${address} speaks protocol ${theirs}, this process speaks ${ours}: install the same version of heddle on both sides`,
    );
  }
}

/** The scheduler wants a token and got none, or another. */
export class UnauthorizedError extends HeddleError {
  constructor(readonly address: string) {
    super(
      "HEDDLE_UNAUTHORIZED",
      `the scheduler at ${address} refused the token: pass the one it printed at its start as { token }, or in HEDDLE_TOKEN`,
    );
  }
}

/** The scheduler answered the hello with a refusal. `refusal` is its own code. */
export class RefusedError extends HeddleError {
  constructor(
    readonly address: string,
    readonly refusal: PlainError,
  ) {
    super("HEDDLE_REFUSED", `the scheduler at ${address} refused the connection: ${refusal.message}`);
  }
}
for (const type of [SchedulerUnreachableError, ProtocolVersionError, UnauthorizedError, RefusedError])
  registerError(type);

export interface Connection {
  readonly welcome: Welcome;
  /** Call once. Frames that arrived since the welcome are delivered first, after the current turn. */
  open<Out extends WireMessage, In extends WireMessage>(handlers: ChannelHandlers<In>): Channel<Out, In>;
  /** For a connection that is not wanted any more. */
  terminate(): void;
}

/** Options of every socket this side opens. The zero mask keeps ws from masking, legal framing that saves a pass over all bytes. */
export function socketOptions(options: ConnectOptions, maxPayload: number = MAX_PAYLOAD): ClientOptions {
  return {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload,
    generateMask: (mask) => void mask.fill(0),
    handshakeTimeout: options.timeout ?? CONNECT_TIMEOUT,
    ...(options.token === undefined ? {} : { headers: { authorization: `Bearer ${options.token}` } }),
    ...options.tls,
  };
}

/**
 * Connects and introduces itself. The welcome comes in a frame of its own.
 *
 * @throws SchedulerUnreachableError - nobody there, not a Heddle scheduler, or silent for `timeout`.
 * @throws UnauthorizedError - wrong or missing token.
 * @throws ProtocolVersionError - another version of the wire.
 * @throws RefusedError - any other refusal, such as a worker's name that is taken.
 */
export function connect(address: string, hello: Hello, options: ConnectOptions = {}): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(address, socketOptions(options));
    } catch (error) {
      reject(new SchedulerUnreachableError(address, "it is not a ws:// or wss:// address", { cause: error }));
      return;
    }
    const settle = (finish: () => void): void => {
      clearTimeout(patience);
      options.signal?.removeEventListener("abort", abort);
      socket.removeAllListeners();
      // A late error of a socket that was given up must not become an uncaught exception.
      socket.on("error", () => {});
      finish();
    };
    const fail = (error: HeddleError): void =>
      settle(() => {
        socket.terminate();
        reject(error);
      });
    const abort = (): void => fail(new SchedulerUnreachableError(address, "the attempt was given up"));
    const patience = setTimeout(
      () => fail(new SchedulerUnreachableError(address, `no answer within ${options.timeout ?? CONNECT_TIMEOUT} ms`)),
      options.timeout ?? CONNECT_TIMEOUT,
    );
    options.signal?.addEventListener("abort", abort);
    if (options.signal?.aborted === true) {
      abort();
      return;
    }
    socket.once("open", () => socket.send(encodeFrame([hello]), { binary: true }));
    socket.once("unexpected-response", (_request, response: IncomingMessage) => {
      if (response.statusCode === 401) fail(new UnauthorizedError(address));
      else
        fail(
          new SchedulerUnreachableError(
            address,
            `it answers with HTTP ${response.statusCode ?? "nothing"}, not as a scheduler`,
          ),
        );
    });
    socket.once("error", (error) => fail(new SchedulerUnreachableError(address, explain(error), { cause: error })));
    socket.once("close", (code, reason) => {
      if (code === 4401) fail(new UnauthorizedError(address));
      else
        fail(
          new SchedulerUnreachableError(
            address,
            `it closed the connection (${code}${reason.length > 0 ? ` ${reason.toString()}` : ""})`,
          ),
        );
    });
    socket.once("message", (data) => {
      let answer: WireMessage | undefined;
      try {
        answer = decodeFrame(data as Buffer)[0];
      } catch (error) {
        fail(new SchedulerUnreachableError(address, "it does not speak Heddle's protocol", { cause: error }));
        return;
      }
      if (answer?.op === "welcome") {
        settle(() => resolve(connectionOf(socket, answer as Welcome)));
      } else if (answer?.op === "refused") {
        const refused = answer as Refused;
        if (refused.protocol !== PROTOCOL_VERSION)
          fail(new ProtocolVersionError(address, PROTOCOL_VERSION, refused.protocol));
        else if (refused.error.code === "HEDDLE_UNAUTHORIZED") fail(new UnauthorizedError(address));
        else fail(new RefusedError(address, refused.error));
      } else {
        fail(new SchedulerUnreachableError(address, "it does not speak Heddle's protocol"));
      }
    });
  });
}

/** The scheduler speaks at once after its welcome, often in the same read of the socket: what it says is kept until somebody listens. */
function connectionOf(socket: WebSocket, welcome: Welcome): Connection {
  const early: Buffer[] = [];
  const keep = (data: Buffer): void => void early.push(data);
  socket.on("message", keep);
  return {
    welcome,
    open(handlers) {
      socket.off("message", keep);
      return new Channel(socket, handlers, early);
    },
    terminate: () => socket.terminate(),
  };
}

/** What a failed dial means, in words. 8786 is Dask's port as well: its scheduler answers an upgrade with bytes that are not HTTP. */
function explain(error: Error & { code?: string }): string {
  switch (error.code) {
    case "ECONNREFUSED":
      return "nothing listens there";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the host name is not known";
    case "ECONNRESET":
      return "it hung up (is it a Dask scheduler, or TLS where none is spoken?)";
    default:
      if (error.code?.startsWith("HPE_") === true) return "it does not speak HTTP (a Dask scheduler?)";
      return error.message;
  }
}
