/** The first seconds of a connection: it introduces itself, in one small frame and in time, or is gone. */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import {
  CloseCode,
  HeddleError,
  MAX_HELLO,
  PROTOCOL_VERSION,
  decodeFrame,
  encodeFrame,
  registerError,
  toPlainError,
  validateHello,
  type Hello,
  type PlainError,
} from "@heddle/protocol";

/** A worker asked for a name that a living worker has. */
export class WorkerNameTakenError extends HeddleError {
  constructor(readonly worker: string) {
    super(
      "HEDDLE_WORKER_NAME_TAKEN",
      `a living worker is called ${worker} already: choose another name with --name, or none to be given one`,
    );
  }
}
registerError(WorkerNameTakenError);

/**
 * Waits for the hello of a socket that has just been opened. When it is refused the peer has been told and the socket closed; nothing
 * is returned and nothing thrown, for there is nobody to tell.
 */
export function greet(socket: WebSocket, stream: Socket, patience: number): Promise<Hello | undefined> {
  return new Promise((resolve) => {
    // The limit of ws is fixed when a socket is made, and what comes after the hello may be large. Counting what arrives keeps
    // a stranger from filling memory with a frame that it never completes.
    let received = 0;
    const count = (chunk: Buffer): void => {
      received += chunk.length;
      if (received > MAX_HELLO + 64) give(CloseCode.malformed, `a hello has at most ${MAX_HELLO} bytes`);
    };
    const settle = (hello: Hello | undefined): void => {
      clearTimeout(timer);
      stream.off("data", count);
      socket.off("message", read).off("close", gone).off("error", gone);
      resolve(hello);
    };
    const give = (code: number, reason: string): void => {
      settle(undefined);
      shut(socket, code, reason);
    };
    const gone = (): void => settle(undefined);
    const read = (data: Buffer, isBinary: boolean): void => {
      try {
        const message = isBinary ? decodeFrame(data)[0] : undefined;
        if (message === undefined) return give(CloseCode.malformed, "a connection begins with a binary frame, hello");
        const hello = validateHello(message, PROTOCOL_VERSION);
        if (hello.protocol !== PROTOCOL_VERSION) {
          refuse(socket, {
            name: "ProtocolVersionError",
            code: "HEDDLE_PROTOCOL_VERSION",
            message: `this scheduler speaks protocol ${PROTOCOL_VERSION}, you speak ${hello.protocol}: install the same version of heddle on both sides`,
          });
          settle(undefined);
        } else settle(hello);
      } catch (error) {
        if (error instanceof HeddleError) refuse(socket, toPlainError(error), CloseCode.malformed);
        else shut(socket, CloseCode.malformed, "its hello cannot be read");
        settle(undefined);
      }
    };
    const timer = setTimeout(() => give(CloseCode.timeout, `no hello within ${patience} ms`), patience);
    socket.binaryType = "nodebuffer";
    stream.on("data", count);
    socket.on("message", read).on("close", gone).on("error", gone);
    // Whatever happens to it later is told by `close`; an `error` without listener would end the process.
    socket.on("error", () => {});
  });
}

/** Tells a peer why it cannot come in, and closes. */
export function refuse(socket: WebSocket, error: PlainError, code: number = CloseCode.refused): void {
  socket.send(encodeFrame([{ op: "refused", protocol: PROTOCOL_VERSION, error } as never]), { binary: true });
  shut(socket, code, error.message);
}

function shut(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, clip(reason));
  // A peer that goes on sending, or does not answer the close, is cut.
  const cut = setTimeout(() => socket.terminate(), 1000);
  socket.once("close", () => clearTimeout(cut));
}

/** A close frame holds 123 bytes of reason. */
function clip(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > 120) text = text.slice(0, -1);
  return text;
}
