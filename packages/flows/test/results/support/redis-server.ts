/** A real Redis server of this test alone. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether there is one here. CI says with HEDDLE_REQUIRE_ENGINES that there must be. */
export function redisIsHere(): boolean {
  const here = spawnSync("redis-server", ["--version"]).status === 0;
  if (!here && (process.env["HEDDLE_REQUIRE_ENGINES"] ?? "").split(",").includes("redis"))
    throw new Error("HEDDLE_REQUIRE_ENGINES asks for redis, and redis-server is not on PATH");
  return here;
}

export class RedisServer {
  private constructor(
    readonly port: number,
    private readonly directory: string,
    private process: ChildProcess,
    private readonly args: readonly string[],
  ) {}

  static async start(...args: string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), "heddle-redis-"));
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        return new RedisServer(port, directory, await run(port, directory, args), args);
      } catch (error) {
        // Somebody else may have taken the port meanwhile.
        if (attempt === 5) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }

  /** Again, on the same port, with nothing in it. */
  async restart(): Promise<void> {
    await this.stop();
    this.process = await run(this.port, this.directory, this.args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function run(port: number, directory: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(
    "redis-server",
    ["--bind", "127.0.0.1", "--port", String(port), "--dir", directory, "--save", "", "--appendonly", "no", ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.once("exit", () => reject(new Error(`redis-server ended:\n${said}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("Ready to accept connections")) resolve();
    });
  });
  return child;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
