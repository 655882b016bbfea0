import { once } from "node:events";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { encodeFrame, type EncodedValue } from "@heddle/protocol";
import {
  DataClient,
  DataServer,
  PeerUnreachableError,
  TransferError,
  TransferRefusedError,
  type DataServerOptions,
} from "../../src/transfer/index.js";

const MiB = 1024 ** 2;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function patterned(bytes: number, seed: number): Uint8Array {
  const buffer = new Uint8Array(new SharedArrayBuffer(bytes));
  for (let at = 0; at < bytes; at += 997) buffer[at] = (at + seed) & 255;
  return buffer;
}

async function served(
  values: ReadonlyMap<number, EncodedValue>,
  options: DataServerOptions = {},
  read?: (tasks: Int32Array) => Promise<(EncodedValue | undefined)[]>,
) {
  const stored = new Map<number, { value: EncodedValue; key: string }>();
  const server = new DataServer(
    {
      read: read ?? ((tasks) => Array.from(tasks, (task) => values.get(task))),
      put: (tasks, all, keyLengths, keys) => {
        let end = 0;
        all.forEach((value, row) => {
          const length = typeof keyLengths === "number" ? keyLengths : keyLengths[row]!;
          stored.set(tasks[row]!, { value, key: Buffer.from(keys.subarray(end, (end += length))).toString() });
        });
      },
      allocate: (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
      limit: 64 * MiB,
    },
    { token: "secret", ...options },
  );
  await server.start();
  const client = new DataClient({ token: "secret" });
  cleanups.push(
    () => server.close(),
    () => client.close(),
  );
  return { server, client, stored };
}

describe("fetching values", () => {
  it("brings heads and buffers of any size, in order, and says what is absent", async () => {
    const values = new Map<number, EncodedValue>([
      [1, { head: Uint8Array.of(1, 2, 3), buffers: [] }],
      [2, { head: Uint8Array.of(4), buffers: [patterned(3 * MiB + 17, 1), patterned(0, 2), patterned(65_536, 3)] }],
      [3, { head: patterned(2 * MiB + 1, 4), buffers: [patterned(MiB, 5)] }],
      [4, { head: new Uint8Array(0), buffers: [] }],
    ]);
    const { server, client } = await served(values);
    const answer = await client.get(server.address, Int32Array.of(2, 9, 1, 4, 3));
    if (answer.op === "busy") throw new Error("busy");
    expect([...answer.tasks]).toEqual([2, 1, 4, 3]);
    expect([...answer.absent]).toEqual([9]);
    answer.tasks.forEach((task, row) => {
      const { head, buffers } = values.get(task)!;
      expect(Buffer.from(answer.values[row]!.head).equals(Buffer.from(head))).toBe(true);
      expect(answer.values[row]!.buffers.map((buffer) => buffer.length)).toEqual(
        buffers.map((buffer) => buffer.length),
      );
      answer.values[row]!.buffers.forEach((buffer, at) =>
        expect(Buffer.from(buffer).equals(Buffer.from(buffers[at]!))).toBe(true),
      );
    });
    expect(client.received).toBe(server.sent);
  });

  it("brings thousands of small values in one request", async () => {
    const values = new Map(
      Array.from({ length: 12_500 }, (_, id) => [id, { head: Uint8Array.of(id & 255, id >> 8), buffers: [] }] as const),
    );
    const { server, client } = await served(values);
    const answer = await client.get(server.address, Int32Array.from(values.keys()));
    if (answer.op === "busy") throw new Error("busy");
    expect(answer.values).toHaveLength(12_500);
    expect([...answer.values[12_345]!.head]).toEqual([12_345 & 255, 12_345 >> 8]);
  });

  it("serves requests of one connection and of several at once", async () => {
    const values = new Map([
      [1, { head: Uint8Array.of(1), buffers: [patterned(5 * MiB, 1)] }],
      [2, { head: Uint8Array.of(2), buffers: [patterned(4 * MiB, 2)] }],
    ]);
    const { server, client } = await served(values);
    const answers = await Promise.all([1, 2, 1, 2, 2].map((id) => client.get(server.address, Int32Array.of(id))));
    expect(answers.map((answer) => answer.op === "found" && answer.values[0]!.head[0])).toEqual([1, 2, 1, 2, 2]);
  });

  it("waits for values that have to be read from disk", async () => {
    const { server, client } = await served(new Map(), {}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [{ head: Uint8Array.of(7), buffers: [] }];
    });
    expect(await client.get(server.address, Int32Array.of(1))).toMatchObject({ op: "found", tasks: Int32Array.of(1) });
  });

  it("is told that the holder is busy when it serves too many already; small answers come all the same", async () => {
    const values = new Map([
      [1, { head: Uint8Array.of(1), buffers: [patterned(32 * MiB, 1)] }],
      [2, { head: Uint8Array.of(2), buffers: [] }],
    ]);
    const { server } = await served(values, { outgoing: 1 });
    // Somebody who asks, and reads nothing.
    const slow = new WebSocket(server.address, { headers: { authorization: "Bearer secret" } });
    await once(slow, "open");
    slow.pause();
    slow.send(encodeFrame([{ op: "get", id: 1, tasks: Int32Array.of(1) } as never]));
    const client = new DataClient({ token: "secret" });
    cleanups.push(
      () => client.close(),
      () => slow.terminate(),
    );
    for (;;) {
      const answer = await client.get(server.address, Int32Array.of(1));
      if (answer.op === "found") continue;
      expect(answer.retryAfter).toBeGreaterThan(0);
      break;
    }
    expect(await client.get(server.address, Int32Array.of(2))).toMatchObject({ op: "found" });
  });

  it("ends when it is given up, and the next request goes on a connection of its own", async () => {
    const { server, client } = await served(
      new Map([[1, { head: Uint8Array.of(1), buffers: [] }]]),
      {},
      async (tasks) => {
        if (tasks[0] === 99) await new Promise(() => {});
        return [{ head: Uint8Array.of(1), buffers: [] }];
      },
    );
    const controller = new AbortController();
    const hanging = client.get(server.address, Int32Array.of(99), controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(hanging).rejects.toBeInstanceOf(PeerUnreachableError);
    expect(await client.get(server.address, Int32Array.of(1))).toMatchObject({ op: "found" });
  });

  it("tries again on a new connection when a kept one has died", async () => {
    const values = new Map([[1, { head: Uint8Array.of(1), buffers: [] }]]);
    const { server, client } = await served(values);
    await client.get(server.address, Int32Array.of(1));
    const { port } = new URL(server.address);
    await server.close();
    const { server: next } = await served(values, { port: Number(port) });
    expect(await client.get(next.address, Int32Array.of(1))).toMatchObject({ op: "found" });
  });
});

describe("an encrypted transfer", () => {
  const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");

  it("brings what a plain one brings, from whom the certificate vouches for", async () => {
    const value = { head: Uint8Array.of(1, 2), buffers: [patterned(3 * MiB + 1, 1)] };
    const tls = { cert: fixture("cert.pem"), key: fixture("key.pem") };
    const { server, client: plain } = await served(new Map([[1, value]]), { tls });
    expect(server.address).toMatch(/^wss:/);
    const client = new DataClient({ token: "secret", tls: { ca: tls.cert } });
    const stranger = new DataClient({ token: "secret" });
    cleanups.push(
      () => client.close(),
      () => stranger.close(),
    );
    const answer = await client.get(server.address, Int32Array.of(1));
    if (answer.op === "busy") throw new Error("busy");
    expect(Buffer.from(answer.values[0]!.buffers[0]!).equals(Buffer.from(value.buffers[0]!))).toBe(true);
    await expect(stranger.get(server.address, Int32Array.of(1))).rejects.toThrow(/self-signed/);
    await expect(plain.get(server.address.replace("wss:", "ws:"), Int32Array.of(1))).rejects.toBeInstanceOf(
      PeerUnreachableError,
    );
  });
});

describe("putting values", () => {
  it("stores them with their keys", async () => {
    const { server, client, stored } = await served(new Map());
    const big = patterned(3 * MiB + 5, 1);
    await client.put(
      server.address,
      Int32Array.of(5, 6),
      ["five", "sechs ✓"],
      [
        { head: Uint8Array.of(1), buffers: [big] },
        { head: Uint8Array.of(2, 2), buffers: [] },
      ],
    );
    expect(stored.get(6)).toEqual({ key: "sechs ✓", value: { head: Uint8Array.of(2, 2), buffers: [] } });
    expect(Buffer.from(stored.get(5)!.value.buffers[0]!).equals(Buffer.from(big))).toBe(true);
    expect(stored.get(5)!.value.buffers[0]!.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("is refused when it is more than fits", async () => {
    const { server, client } = await served(new Map());
    const values = [{ head: Uint8Array.of(1), buffers: [patterned(65 * MiB, 1)] }];
    await expect(client.put(server.address, Int32Array.of(5), ["five"], values)).rejects.toBeInstanceOf(
      TransferRefusedError,
    );
  });
});

describe("the door of the data port", () => {
  it("lets nobody in without the token, nor a page of a browser", async () => {
    const { server } = await served(new Map());
    for (const [headers, status] of [
      [{}, 401],
      [{ authorization: "Bearer wrong" }, 401],
      [{ authorization: "Bearer secret", origin: "http://localhost" }, 403],
    ] as const) {
      const socket = new WebSocket(server.address, { headers });
      const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
      expect(response.statusCode).toBe(status);
      socket.on("error", () => {});
      socket.terminate();
    }
    const stranger = new DataClient({ token: "wrong" });
    cleanups.push(() => stranger.close());
    await expect(stranger.get(server.address, Int32Array.of(1))).rejects.toThrow(/refused the token/);
  });

  it("is known by a name that others can use", async () => {
    const { server } = await served(new Map(), { host: "0.0.0.0" });
    expect(server.address).toContain(`ws://${hostname()}:`);
    const { server: named } = await served(new Map(), { host: "0.0.0.0", publicHost: "10.1.2.3" });
    expect(named.address).toContain("ws://10.1.2.3:");
  });

  it("is shut from outside where there is no token to ask for", async () => {
    const { server } = await served(new Map(), { host: "0.0.0.0", token: undefined });
    const client = new DataClient();
    cleanups.push(() => client.close());
    const { port } = new URL(server.address);
    await expect(client.get(`ws://127.0.0.1:${port}`, Int32Array.of(1))).rejects.toBeInstanceOf(PeerUnreachableError);
  });

  it.each([
    ["garbage", Buffer.from("nonsense that is no frame")],
    ["a message of another kind", encodeFrame([{ op: "hello" }])],
    ["columns that do not agree", encodeFrame([putOf({ bufferCounts: 3 }) as never])],
    ["a length that is none", encodeFrame([putOf({ bufferCounts: 1, bufferLengths: Float64Array.of(-5) }) as never])],
  ])("closes on %s, and goes on serving others", async (_what, bytes) => {
    const { server, client } = await served(new Map([[1, { head: Uint8Array.of(1), buffers: [] }]]));
    const socket = new WebSocket(server.address, { headers: { authorization: "Bearer secret" } });
    await once(socket, "open");
    socket.send(bytes);
    await once(socket, "close");
    expect(await client.get(server.address, Int32Array.of(1))).toMatchObject({ op: "found" });
  });

  it("closes on more bytes than were announced", async () => {
    const { server } = await served(new Map());
    const socket = new WebSocket(server.address, { headers: { authorization: "Bearer secret" } });
    await once(socket, "open");
    socket.send(encodeFrame([putOf({ bufferCounts: 1, bufferLengths: Float64Array.of(4) })]));
    socket.send(Buffer.alloc(5));
    await once(socket, "close");
  });
});

function putOf(columns: Record<string, unknown>) {
  return {
    op: "put",
    id: 1,
    tasks: Int32Array.of(1),
    headLengths: 0,
    heads: new Uint8Array(0),
    bufferCounts: 0,
    bufferLengths: new Float64Array(0),
    keyLengths: 1,
    keys: Uint8Array.of(65),
    ...columns,
  };
}

describe("a peer that is not one", () => {
  async function impostor(onSocket: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      onSocket(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function failureOf(address: string, timeout = 2000): Promise<Error> {
    const client = new DataClient({ timeout });
    cleanups.push(() => client.close());
    return client.get(address, Int32Array.of(1)).then(
      () => new Error("it answered"),
      (error: Error) => error,
    );
  }

  it.each([
    ["is not listening", async () => "ws://127.0.0.1:1"],
    ["has no address", async () => "http://127.0.0.1:1"],
    ["hangs up", () => impostor((socket) => socket.destroy())],
    ["speaks something else", () => impostor((socket) => socket.write("SSH-2.0-OpenSSH_9\r\n"))],
    ["answers with a page", () => impostor((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"))],
  ])("is unreachable when it %s", async (_how, start) => {
    expect(await failureOf(await start())).toBeInstanceOf(PeerUnreachableError);
  });

  it("is unreachable when it says nothing for too long", async () => {
    expect((await failureOf(await impostor(() => {}), 100)).message).toContain("no answer within 100 ms");
  });

  it.each([
    ["text", (socket: WebSocket) => socket.send("hello")],
    ["a frame of another protocol", (socket: WebSocket) => socket.send(Buffer.from("not a frame at all"))],
    [
      "several frames for one message",
      (socket: WebSocket) => {
        socket.send(Buffer.alloc(10), { fin: false });
        socket.send(Buffer.alloc(10), { fin: true });
      },
    ],
  ])("is malformed when it sends %s", async (_what, answer) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    cleanups.push(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    server.on("connection", (socket) => socket.on("message", () => answer(socket)));
    const { port } = server.address() as AddressInfo;
    expect(await failureOf(`ws://127.0.0.1:${port}`)).toBeInstanceOf(TransferError);
  });

  it("is answered when it pings, and may close", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    cleanups.push(() => server.close());
    let ponged = false;
    server.on("connection", (socket) => {
      socket.on("message", () => socket.ping("are you there"));
      socket.on("pong", (payload) => {
        ponged = payload.toString() === "are you there";
        socket.close(4000, "enough");
      });
    });
    const { port } = server.address() as AddressInfo;
    expect((await failureOf(`ws://127.0.0.1:${port}`)).message).toContain("enough");
    expect(ponged).toBe(true);
  });
});
