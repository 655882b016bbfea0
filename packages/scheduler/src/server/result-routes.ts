/**
 * The result store that a scheduler serves: GET, HEAD, PUT and DELETE of `/api/results/<key>`, kept as files. Bytes are streamed between
 * socket and disk, never gathered, so that a large result costs the scheduler little memory and no long turn of its event loop.
 */
import { randomBytes } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { mkdir, open, opendir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { storageKeyProblem } from "@heddle/protocol";

export interface ResultRoutesOptions {
  readonly folder: string;
  /** Bytes of one result. */
  readonly maxResult: number;
  /** Bytes of all. */
  readonly maxResults: number;
  readonly log: (line: string) => void;
}

export const RESULTS_PATH = "/api/results/";

/** Says that an answer is a result store's: a 404 with it is a miss, one without it a wrong address. */
const MARK = { "Heddle-Results": "1" };
/** Transfers at once; more wait, unread, until one ends. */
const TRANSFERS = 64;
/** A peer that neither sends nor takes anything for this many milliseconds is given up. */
const STALLED = 30_000;
/** Drafts older than this many milliseconds belong to nobody: their process was killed. */
const STALE_DRAFT = 86_400_000;
/** No key can begin so, as a part of one never begins with a dot. */
const DRAFTS = ".drafts";

/** A request that is answered with a refusal. */
class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export class ResultRoutes {
  readonly #options: ResultRoutesOptions;
  readonly #waiting: (() => void)[] = [];
  #transfers = 0;
  /** Bytes kept, once it has been counted. Other schedulers of the same folder are not seen until the next start. */
  #used: Promise<number> | undefined;
  /** Bytes added, or promised to uploads under way, since then. */
  #added = 0;

  constructor(options: ResultRoutesOptions) {
    this.#options = options;
  }

  /** Answers one request for a path under {@link RESULTS_PATH}. Who may ask has been judged before. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    response.setHeaders(new Map(Object.entries({ ...MARK, "Cache-Control": "no-store" })));
    // A peer that hangs up is nobody's error.
    response.on("error", () => {});
    this.#answer(request, response).catch((error: unknown) => this.#refuse(request, response, error));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = keyOf(request.url ?? "");
    const file = join(this.#options.folder, key);
    switch (request.method) {
      case "GET":
        return this.#inTurn(request, () => this.#send(key, file, response));
      case "HEAD": {
        const { size } = await existing(key, stat(file));
        response.writeHead(200, { "Content-Length": size }).end();
        return;
      }
      case "PUT":
        await this.#inTurn(request, () => this.#receive(request, file));
        break;
      case "DELETE":
        await this.#delete(file);
        break;
      default:
        response.setHeader("Allow", "GET, HEAD, PUT, DELETE");
        throw new Refused(405, "HEDDLE_METHOD_NOT_ALLOWED", "results know GET, HEAD, PUT and DELETE");
    }
    response.writeHead(204).end();
  }

  async #send(key: string, file: string, response: ServerResponse): Promise<void> {
    // What is open stays whole, whoever replaces or deletes the name meanwhile.
    const handle = await existing(key, open(file, "r"));
    const { size } = await existing(key, handle.stat()).catch(async (error: unknown) => {
      await handle.close();
      throw error;
    });
    response.writeHead(200, {
      "Content-Length": size,
      "Content-Type": "application/octet-stream",
      // Whatever somebody stored, a browser must not show it as a page of this origin.
      "Content-Disposition": "attachment",
      "X-Content-Type-Options": "nosniff",
    });
    await pipeline(createReadStream("", { fd: handle, highWaterMark: 256 * 1024 }), response);
  }

  async #receive(request: IncomingMessage, file: string): Promise<void> {
    const { folder, maxResult } = this.#options;
    const announced = Number(request.headers["content-length"] ?? 0);
    if (announced > maxResult) throw tooLarge(maxResult);
    const before = await sizeOf(file);
    const room = new Room((await this.#room()) + before, maxResult);
    room.take(announced);
    this.#added += announced;
    const draft = join(folder, DRAFTS, randomBytes(12).toString("hex"));
    let kept = 0;
    try {
      const received = await write(draft, request, (bytes, soFar) => {
        if (soFar > announced) room.take(bytes);
      });
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await rename(draft, file);
      kept = received - before;
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      throw error;
    } finally {
      this.#added += kept - announced;
    }
  }

  async #delete(file: string): Promise<void> {
    const size = await sizeOf(file);
    try {
      await rm(file, { force: true });
      this.#added -= size;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Bytes that are still free. */
  async #room(): Promise<number> {
    try {
      const used = await (this.#used ??= measure(this.#options.folder));
      return this.#options.maxResults - used - this.#added;
    } catch (error) {
      // What could not be counted now may be countable when somebody has mended the folder.
      this.#used = undefined;
      throw error;
    }
  }

  async #inTurn(request: IncomingMessage, transfer: () => Promise<void>): Promise<void> {
    if (this.#transfers >= TRANSFERS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#transfers++;
    request.setTimeout(STALLED, () => request.destroy());
    try {
      await transfer();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#transfers--;
      else next();
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    // Who sent half a result and went away is not there to be answered.
    if (response.headersSent || request.socket.destroyed) {
      response.destroy();
      return;
    }
    const { status, code, message } = refusalOf(error);
    if (status >= 500) this.#options.log(`results: ${request.method} ${request.url}: ${String(error)}`);
    // A body that nobody wants is read all the same: a peer that is still sending would miss the answer.
    request.resume();
    response
      .writeHead(status, { "Content-Type": "application/json" })
      .end(request.method === "HEAD" ? undefined : JSON.stringify({ code, message }));
  }
}

/**
 * Writes what a peer sends to a file. @returns its bytes
 *
 * @remarks Not a pipeline: that would cut the connection when the disk fails, and the peer would not be told why.
 */
async function write(
  draft: string,
  request: IncomingMessage,
  onChunk: (bytes: number, soFar: number) => void,
): Promise<number> {
  await mkdir(dirname(draft), { recursive: true, mode: 0o700 });
  const handle = await open(draft, "wx", 0o600);
  let received = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      received += chunk.byteLength;
      onChunk(chunk.byteLength, received);
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
  return received;
}

/** What an upload may still use. */
class Room {
  #left: number;
  #taken = 0;

  constructor(
    left: number,
    private readonly maxResult: number,
  ) {
    this.#left = left;
  }

  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0)
      throw new Refused(
        507,
        "HEDDLE_RESULTS_FULL",
        "the scheduler's result store is full: delete old results, or raise its setting scheduler.maxResults",
      );
    this.#taken += bytes;
    if (this.#taken > this.maxResult) throw tooLarge(this.maxResult);
  }
}

function tooLarge(maxResult: number): Refused {
  return new Refused(
    413,
    "HEDDLE_RESULT_TOO_LARGE",
    `the result is larger than ${maxResult} bytes, which the scheduler's store takes: raise its setting scheduler.maxResult`,
  );
}

function keyOf(url: string): string {
  const path = url.split("?", 1)[0]!;
  let key: string;
  try {
    key = decodeURIComponent(path.slice(path.startsWith(RESULTS_PATH) ? RESULTS_PATH.length : 1));
  } catch {
    key = path;
  }
  const problem = storageKeyProblem(key);
  if (problem !== undefined)
    throw new Refused(
      400,
      "HEDDLE_STORAGE_KEY_INVALID",
      `the path after ${RESULTS_PATH} is no storage key: ${problem}`,
    );
  return key;
}

/** @throws Refused when there is no such file */
async function existing<T extends Stats | FileHandle>(key: string, found: Promise<T>): Promise<T> {
  try {
    const thing = await found;
    if (!("isFile" in thing) || thing.isFile()) return thing;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  throw new Refused(404, "HEDDLE_RESULT_NOT_FOUND", `there is no result ${key}`);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** Also when a part of the path is a file, or the path is a folder. */
function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new Refused(507, "HEDDLE_RESULTS_FULL", "the scheduler's disk is full: delete old results");
  if (code !== undefined && ["ENOTDIR", "EEXIST", "EISDIR", "ENOTEMPTY"].includes(code))
    return new Refused(409, "HEDDLE_STORAGE_KEY_INVALID", "one key is the beginning of another: a result is no folder");
  return new Refused(500, "HEDDLE_INTERNAL", `the scheduler could not do it: ${(error as Error).message}`);
}

/** Bytes of all results in a folder. Drafts of processes that were killed are removed on the way. */
async function measure(folder: string): Promise<number> {
  let bytes = 0;
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    try {
      for await (const entry of await opendir(at)) {
        const path = join(at, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (entry.isFile()) bytes += await weigh(path, at.endsWith(DRAFTS));
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return bytes;
}

async function weigh(file: string, draft: boolean): Promise<number> {
  try {
    const { size, mtimeMs } = await stat(file);
    if (!draft) return size;
    if (Date.now() - mtimeMs > STALE_DRAFT) await rm(file, { force: true });
  } catch {
    // It was removed a moment ago.
  }
  return 0;
}
