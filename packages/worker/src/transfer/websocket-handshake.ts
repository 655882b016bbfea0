/** The opening of a WebSocket (RFC 6455, 4), dialling side. */
import { createHash, randomBytes } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** An answer's head is never this long. */
const HEAD_BYTES = 16 * 1024;

export class Handshake {
  readonly #key = randomBytes(16).toString("base64");
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #bytes = 0;

  /** What to send. */
  request(url: URL, token: string | undefined): string {
    const lines = [
      `GET ${url.pathname} HTTP/1.1`,
      `Host: ${url.host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${this.#key}`,
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ];
    return `${lines.join("\r\n")}\r\n\r\n`;
  }

  /** Where the next bytes of the answer belong. */
  get space(): Uint8Array {
    return this.#head.subarray(this.#bytes);
  }

  /** Takes in bytes that were written to `space`. */
  filled(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * What came after the head, once that is complete and is a yes; undefined while it is not complete.
   *
   * @throws Error saying why there is no WebSocket here.
   */
  finish(): Buffer | undefined {
    const end = this.#head.subarray(0, this.#bytes).indexOf("\r\n\r\n");
    if (end === -1) {
      const begins = "HTTP/1.1 ".startsWith(this.#head.toString("latin1", 0, Math.min(9, this.#bytes)));
      if (!begins || this.#bytes === HEAD_BYTES) throw new Error("it does not speak HTTP");
      return undefined;
    }
    const [status = "", ...headers] = this.#head.toString("latin1", 0, end).split("\r\n");
    const code = /^HTTP\/1\.1 (\d{3})/.exec(status)?.[1];
    if (code === undefined) throw new Error("it does not speak HTTP");
    if (code === "401") throw new Error("it refused the token");
    if (code !== "101") throw new Error(`it answers with HTTP ${code}`);
    const accepted = createHash("sha1")
      .update(this.#key + GUID)
      .digest("base64");
    const given = headers.find((line) => /^sec-websocket-accept:/i.test(line));
    if (given?.slice(given.indexOf(":") + 1).trim() !== accepted) throw new Error("it does not speak WebSocket");
    return this.#head.subarray(end + 4, this.#bytes);
  }
}
