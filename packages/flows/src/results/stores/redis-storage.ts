import type { RedisClientType } from "@redis/client";
import { InvalidStoreError, PeerMissingError, StorageError, type StorageProblem } from "../errors.js";
import type { EnvironmentReference, ResultStore, StoreDescription } from "../result-store.js";
import { checkStorageKey } from "../storage-key.js";
import { reasonOf } from "./reason.js";
import {
  checkOptions,
  defaultTimeout,
  description,
  durationOption,
  revealSecret,
  secretOption,
  textOption,
  urlOption,
} from "./store-options.js";

export interface RedisStorageOptions {
  readonly username?: EnvironmentReference;
  readonly password?: EnvironmentReference;
  /** Put before each key. Default "heddle:results:". */
  readonly prefix?: string;
  /** Results vanish this long after they were written: milliseconds, or "7d". Default: never. */
  readonly expire?: number | string;
  /** What one operation may take: milliseconds, or "10s". Default: setting `results.timeout`. */
  readonly timeout?: number | string;
}

/** Redis holds no larger value, by its own setting `proto-max-bulk-len`. */
const MAX_BYTES = 512 * 1024 * 1024;

type Client = Pick<
  RedisClientType,
  "sendCommand" | "connect" | "destroy" | "close" | "ref" | "unref" | "isReady" | "on"
>;

/**
 * Results in a Redis server (or one that speaks its protocol), through the package `@redis/client`.
 *
 * @example
 * ```ts
 * new RedisStorage("rediss://cache.example:6379/2", { password: { env: "CACHE_PASSWORD" }, expire: "7d" });
 * ```
 */
export class RedisStorage implements ResultStore {
  readonly #url: string;
  readonly #username: EnvironmentReference | undefined;
  readonly #password: EnvironmentReference | undefined;
  readonly #prefix: string;
  readonly #expire: number | undefined;
  readonly #timeout: number | undefined;
  #client: Promise<Client> | undefined;
  #underway = 0;

  constructor(url: string, options: RedisStorageOptions = {}) {
    checkOptions("redis", options, ["url", "username", "password", "prefix", "expire", "timeout"]);
    this.#url = urlOption("redis", url, ["redis", "rediss"]).href;
    this.#username = secretOption("redis", "username", options.username);
    this.#password = secretOption("redis", "password", options.password);
    this.#prefix = options.prefix === undefined ? "heddle:results:" : textOption("redis", "prefix", options.prefix);
    this.#expire = durationOption("redis", "expire", options.expire);
    this.#timeout = durationOption("redis", "timeout", options.timeout);
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const found = await this.#command("read", key, ["GET", this.#prefix + key]);
    return found instanceof Uint8Array ? found : undefined;
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength > MAX_BYTES)
      throw new StorageError(this.#url, "write", key, "full", "Redis takes no value larger than 512 MiB");
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const expiry = this.#expire === undefined ? [] : ["PX", String(Math.ceil(this.#expire))];
    await this.#command("write", key, ["SET", this.#prefix + key, content, ...expiry]);
  }

  async exists(key: string): Promise<boolean> {
    return Number(await this.#command("check", key, ["EXISTS", this.#prefix + key])) > 0;
  }

  async delete(key: string): Promise<void> {
    await this.#command("delete", key, ["DEL", this.#prefix + key]);
  }

  describe(): StoreDescription {
    return description("redis", {
      url: this.#url,
      username: this.#username,
      password: this.#password,
      prefix: this.#prefix,
      expire: this.#expire,
      timeout: this.#timeout,
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    const connected = await client?.catch(() => undefined);
    if (connected?.isReady === true) await connected.close();
  }

  async #command(operation: StorageError["operation"], key: string, command: (string | Buffer)[]): Promise<unknown> {
    checkStorageKey(key);
    const timeout = this.#timeout ?? defaultTimeout();
    const client = (this.#client ??= this.#connect());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new LateError(timeout)), timeout);
    });
    try {
      return await Promise.race([this.#send(client, command), late]);
    } catch (error) {
      // The answer may still come, or a part of it: a connection of which that is not known is not used again.
      if (error instanceof LateError) this.#drop(client);
      // What is wrong with the options or the installation is no matter of the store.
      if (error instanceof PeerMissingError || error instanceof InvalidStoreError) throw error;
      const reason = reasonOf(error);
      const problem = error instanceof LateError ? "timeout" : judge(reason);
      const advice = adviceFor(reason);
      throw new StorageError(this.#url, operation, key, problem, reason, {
        cause: error,
        ...(advice === undefined ? {} : { advice }),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(connection: Promise<Client>, command: (string | Buffer)[]): Promise<unknown> {
    const client = await connection;
    if (this.#underway++ === 0) client.ref();
    try {
      return await client.sendCommand(command);
    } finally {
      // A store that waits for its next use does not keep its process alive.
      if (--this.#underway === 0) client.unref();
    }
  }

  #connect(): Promise<Client> {
    const connecting = this.#open();
    connecting.catch(() => {
      if (this.#client === connecting) this.#client = undefined;
    });
    return connecting;
  }

  async #open(): Promise<Client> {
    const { createClient, RESP_TYPES } = await import("@redis/client").catch((error: unknown) => {
      throw new PeerMissingError("@redis/client", "RedisStorage", { cause: error });
    });
    const client = createClient({
      url: this.#url,
      ...(this.#username === undefined ? {} : { username: revealSecret("redis", this.#username) }),
      ...(this.#password === undefined ? {} : { password: revealSecret("redis", this.#password) }),
      // A connection that is lost is made anew by the next operation, and its failure is that operation's.
      socket: { reconnectStrategy: false, connectTimeout: this.#timeout ?? defaultTimeout() },
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    }) as unknown as Client;
    client.on("error", () => {
      if (!client.isReady) void this.#forget(client);
    });
    await client.connect();
    return client;
  }

  async #forget(client: Client): Promise<void> {
    const current = this.#client;
    if ((await current?.catch(() => undefined)) === client && this.#client === current) this.#client = undefined;
  }

  /** That one: what has taken its place meanwhile, at the word of another command, may be well. */
  #drop(client: Promise<Client>): void {
    if (this.#client === client) this.#client = undefined;
    // Of several commands that it did not answer, the first has done it.
    client.then((connected) => connected.destroy()).catch(() => {});
  }
}

class LateError extends Error {
  constructor(timeout: number) {
    super(`no answer within ${timeout / 1000} s`);
  }
}

/** Redis's own errors begin with a word in capitals. */
function judge(reason: string): StorageProblem {
  if (/^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)/.test(reason)) return "denied";
  if (/^(OOM|MISCONF)/.test(reason)) return "full";
  if (/^[A-Z]+ /.test(reason) && !/^(LOADING|BUSY|CLUSTERDOWN|MASTERDOWN|READONLY) /.test(reason)) return "failed";
  return "unavailable";
}

/** What to do, where it is not what holds for the problem anyway. */
function adviceFor(reason: string): string | undefined {
  if (reason.startsWith("WRONGTYPE")) return "another program uses that key there: give the store another prefix";
  if (reason.startsWith("MISCONF")) return "see the server's log: it cannot write to its disk, which may be full";
  return undefined;
}
