import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What makes a new process read TypeScript, whatever this one was started with. */
const TYPESCRIPT_ARGS = ["--import", import.meta.resolve("tsx")];

/** A child process that speaks JSON with its parent, and ends itself when the channel to the parent closes. */
export class Child<FromParent, FromChild> {
  readonly #process: ChildProcess;
  readonly #unread: FromChild[] = [];
  #waiting: { resolve(message: FromChild): void; reject(error: Error): void } | undefined;
  #ended: Error | undefined;

  constructor(script: URL, args: readonly string[] = []) {
    this.#process = fork(fileURLToPath(script), args, { execArgv: TYPESCRIPT_ARGS });
    this.#process.on("message", (message) => {
      if (this.#waiting === undefined) this.#unread.push(message as FromChild);
      else this.#waiting.resolve(message as FromChild);
      this.#waiting = undefined;
    });
    this.#process.on("exit", (code, signal) => {
      this.#ended = new Error(`${script.pathname} ended (${signal ?? `exit code ${code}`})`);
      this.#waiting?.reject(this.#ended);
      this.#waiting = undefined;
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  send(message: FromParent): void {
    this.#process.send(message as object);
  }

  /** The next message of the child. One caller at a time. */
  async receive(): Promise<FromChild> {
    const unread = this.#unread.shift();
    if (unread !== undefined) return unread;
    if (this.#ended !== undefined) throw this.#ended;
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }
}
