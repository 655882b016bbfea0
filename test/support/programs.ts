/** Programs of users, run as users run them: a file, a process, and what it printed. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const HEDDLE = join(ROOT, "packages", "heddle", "bin", "heddle.js");

/** A folder for programs, inside the workspace so that they find its packages. Gone at the end of the scope. */
export class Folder implements Disposable {
  readonly path: string;

  constructor() {
    mkdirSync(join(ROOT, "tmp"), { recursive: true });
    this.path = mkdtempSync(join(ROOT, "tmp", "test-"));
  }

  write(name: string, content: string): string {
    const file = join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process with what it has printed so far. Killed at the end of the scope, when it has not ended by then. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramEnd>;
  stdout = "";
  stderr = "";
  #changed = (): void => {};

  constructor(
    args: readonly string[],
    options: { readonly cwd: string; readonly env?: Record<string, string | undefined> },
  ) {
    this.child = spawn(process.execPath, args, {
      cwd: options.cwd,
      env: { ...process.env, HEDDLE_HOME: options.cwd, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own: Ctrl-C reaches all of it, and nobody else.
      detached: true,
    });
    this.child.stdout!.on("data", (chunk: Buffer) => this.#note(() => (this.stdout += chunk.toString())));
    this.child.stderr!.on("data", (chunk: Buffer) => this.#note(() => (this.stderr += chunk.toString())));
    this.ended = new Promise((resolve) =>
      this.child.on("close", (status, signal) => this.#note(() => resolve({ status, signal }))),
    );
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until standard output matches. Fails with everything that was printed when it ends before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (over) throw new Error(`ended without printing ${String(pattern)}\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  /** Ctrl-C: to the whole process group, as a terminal does. */
  interrupt(): void {
    process.kill(-this.pid, "SIGINT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }

  #note(change: () => void): void {
    change();
    this.#changed();
  }
}

/** Runs a program to its end. */
export async function run(
  program: Program,
): Promise<ProgramEnd & { readonly stdout: string; readonly stderr: string }> {
  const end = await program.ended;
  return { ...end, stdout: program.stdout, stderr: program.stderr };
}

/** `heddle` with these arguments. */
export function heddle(folder: Folder, args: readonly string[], env?: Record<string, string | undefined>): Program {
  return new Program([HEDDLE, ...args], { cwd: folder.path, ...(env === undefined ? {} : { env }) });
}

/** A script of a user. */
export function script(folder: Folder, source: string, args: readonly string[] = []): Program {
  return new Program([folder.write("script.mjs", source), ...args], { cwd: folder.path });
}
