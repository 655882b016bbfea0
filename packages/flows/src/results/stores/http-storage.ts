import { findToken } from "@heddle/protocol";
import { StorageError, type StorageErrorOptions, type StorageProblem } from "../errors.js";
import type { EnvironmentReference, ResultStore, StoreDescription } from "../result-store.js";
import { checkStorageKey } from "../storage-key.js";
import { reasonOf, shortened } from "./reason.js";
import {
  checkOptions,
  defaultTimeout,
  defaultToken,
  description,
  durationOption,
  revealSecret,
  secretOption,
  urlOption,
} from "./store-options.js";
import { Turns } from "./turns.js";

export interface HttpStorageOptions {
  /** What the server asks for. Default: setting `token` (HEDDLE_TOKEN), else the token that this user's own scheduler on this machine left. */
  readonly token?: EnvironmentReference;
  /** What one operation may take: milliseconds, or "10s". Default: setting `results.timeout`. */
  readonly timeout?: number | string;
}

/** Where a scheduler serves its store. */
const PATH = "/api/results/";
/** Says that an answer comes from a result store, and not from whatever else listens at a mistyped address. */
const MARK = "heddle-results";

const SCHEMES: Readonly<Record<string, string>> = { "ws:": "http:", "wss:": "https:" };

/** One operation: a request, and what is made of its answer. */
interface Exchange<T> {
  readonly operation: StorageError["operation"];
  readonly method: "GET" | "PUT" | "HEAD" | "DELETE";
  readonly key: string;
  readonly body?: Uint8Array;
  /** Given what was found, or that there is nothing under the key. */
  readonly use: (response: Response) => Promise<T>;
}

/**
 * Results with a server. Each scheduler is one, so processes that reach the scheduler share results with nothing set up.
 *
 * @example
 * ```ts
 * new HttpStorage("ws://scheduler:8786");                       // the scheduler's own store
 * new HttpStorage("https://results.example/team-a/");           // any server of the same four methods
 * ```
 */
export class HttpStorage implements ResultStore {
  readonly #url: string;
  readonly #base: URL;
  readonly #token: EnvironmentReference | undefined;
  readonly #timeout: number | undefined;

  /** @param url - a scheduler's address (ws, wss, http, https), or the full URL of another server's keys */
  constructor(url: string, options: HttpStorageOptions = {}) {
    checkOptions("http", options, ["url", "token", "timeout"]);
    const parsed = urlOption("http", url, ["http", "https", "ws", "wss"]);
    this.#url = url;
    this.#base = new URL(parsed.href.replace(/^wss?:/, (scheme) => SCHEMES[scheme]!));
    if (this.#base.pathname === "/") this.#base.pathname = PATH;
    if (!this.#base.pathname.endsWith("/")) this.#base.pathname += "/";
    this.#token = secretOption("http", "token", options.token);
    this.#timeout = durationOption("http", "timeout", options.timeout);
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const use = async (response: Response): Promise<Uint8Array | undefined> =>
      response.status === 404 ? undefined : new Uint8Array(await response.arrayBuffer());
    return this.#exchange({ operation: "read", method: "GET", key, use });
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    await this.#exchange({ operation: "write", method: "PUT", key, body: bytes, use: async () => {} });
  }

  async exists(key: string): Promise<boolean> {
    return this.#exchange({ operation: "check", method: "HEAD", key, use: async (response) => response.ok });
  }

  async delete(key: string): Promise<void> {
    await this.#exchange({ operation: "delete", method: "DELETE", key, use: async () => {} });
  }

  describe(): StoreDescription {
    return description("http", { url: this.#url, token: this.#token, timeout: this.#timeout });
  }

  /** Connections are those of the process, which closes them when they idle. */
  async close(): Promise<void> {}

  async #exchange<T>(exchange: Exchange<T>): Promise<T> {
    checkStorageKey(exchange.key);
    return turns.take(() => this.#request(exchange));
  }

  async #request<T>({ operation, method, key, body, use }: Exchange<T>): Promise<T> {
    const authorization = this.#authorization();
    const timeout = this.#timeout ?? defaultTimeout();
    const fail = (problem: StorageProblem, reason: string, options?: StorageErrorOptions): StorageError =>
      new StorageError(this.#base.href, operation, key, problem, reason, options);
    try {
      const response = await fetch(new URL(key, this.#base), {
        method,
        headers: authorization === undefined ? {} : { authorization },
        // A redirect would take the token elsewhere.
        redirect: "error",
        signal: AbortSignal.timeout(timeout),
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
      const missed = response.status === 404 && response.headers.has(MARK);
      if (response.ok || missed) {
        const result = await use(response);
        // What is not read keeps its connection.
        if (!response.bodyUsed) await response.body?.cancel();
        return result;
      }
      const advice = ADVICE[response.status];
      throw fail(
        PROBLEMS[response.status] ?? "failed",
        await refusal(response),
        advice === undefined ? {} : { advice },
      );
    } catch (error) {
      if (error instanceof StorageError) throw error;
      if ((error as Error).name === "TimeoutError")
        throw fail("timeout", `no answer within ${timeout / 1000} s`, { cause: error });
      throw fail("unavailable", reasonOf(error), { cause: error });
    }
  }

  #authorization(): string | undefined {
    const token =
      this.#token === undefined ? (defaultToken() ?? findToken(this.#base.href)) : revealSecret("http", this.#token);
    return token === undefined || token === "" ? undefined : `Bearer ${token}`;
  }
}

/**
 * Requests of this thread at once, whatever its stores: each takes a connection, which is an open file here and there. A scheduler works
 * on 64 together, of all who ask.
 */
const turns = new Turns(32);

const PROBLEMS: Readonly<Record<number, StorageProblem>> = {
  401: "denied",
  403: "denied",
  408: "timeout",
  413: "full",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "timeout",
  507: "full",
};

/** What to do, where it is not what holds for the problem anyway. */
const ADVICE: Readonly<Record<number, string>> = {
  401: "give the scheduler's token: HEDDLE_TOKEN, or the store's option token",
  403: "give the scheduler's token: HEDDLE_TOKEN, or the store's option token",
  404: "check that its url is the address of a scheduler",
  409: "choose keys (resultStorageKey) of which none begins another",
  500: "see the server's log",
};

async function refusal(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  let said: unknown;
  try {
    said = (JSON.parse(text) as { message?: unknown }).message;
  } catch {
    said = undefined;
  }
  const answer = `HTTP ${response.status}`;
  if (typeof said === "string") return `${shortened(said)} (${answer})`;
  const hint = response.status === 404 ? ": no result store is served there" : "";
  return `the server answered ${answer} ${response.statusText}`.trim() + hint;
}
