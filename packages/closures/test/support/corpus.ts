import { execFile, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { CorpusFile, Host } from "./hosts.js";

const run = promisify(execFile);

const packageRoot = path.resolve(import.meta.dirname, "../..");
const repository = path.resolve(packageRoot, "../..");
const fixtures = path.join(packageRoot, "test/fixtures");

/** One case as its source file has it. */
export interface Row {
  readonly name: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface CaseResult {
  readonly name: string;
  readonly fails?: { readonly path: string; readonly reason: string };
  readonly token?: string;
  readonly definitions?: readonly unknown[];
  readonly local?: Outcome;
  readonly error?: {
    readonly code?: string;
    readonly path?: string;
    readonly reason?: string;
    readonly hint?: string;
    readonly location?: string;
    readonly message: string;
    readonly stack?: string;
  };
}

interface Outcome {
  readonly value?: string;
  readonly thrown?: string;
}

interface WorkerResult extends Outcome {
  readonly name: string;
  readonly stack?: string;
  /** What revive itself threw. */
  readonly failed?: string;
}

export interface CorpusRun {
  /** Where the client's sources were; they are gone by the time the worker ran. */
  readonly clientDir: string;
  readonly captured: ReadonlyMap<string, CaseResult>;
  readonly outcomes: ReadonlyMap<string, WorkerResult>;
  /** What tasks captured in turn. */
  readonly resubmitted: readonly CaseResult[];
}

/** The cases of a corpus file, by their lines. */
export function rowsOf(file: CorpusFile): Row[] {
  const lines = fs.readFileSync(path.join(fixtures, "corpus", file), "utf8").split("\n");
  const starts = lines.flatMap((line, index) => {
    const name = /^(?:test|refused)\("((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    return name === undefined ? [] : [{ name: JSON.parse(`"${name}"`) as string, index }];
  });
  return starts.map(({ name, index }, at) => ({
    name,
    firstLine: index + 1,
    lastLine: starts[at + 1]?.index ?? lines.length,
  }));
}

/** A client's directory in a place of its own, with the packages it has installed. */
export function makeClientDir(host: Pick<Host, "type" | "lib"> = {}): string {
  const directory = temporaryDirectory("client");
  fs.cpSync(path.join(fixtures, "corpus"), directory, { recursive: true });
  const manifest = path.join(directory, "package.json");
  const json = JSON.parse(fs.readFileSync(manifest, "utf8")) as { type?: string; imports: Record<string, string> };
  json.type = host.type ?? "module";
  if (host.lib !== undefined) json.imports["#lib/*"] = host.lib;
  fs.writeFileSync(manifest, JSON.stringify(json));
  const modules = path.join(directory, "node_modules");
  fs.mkdirSync(modules);
  // Not what vitest and its like remember of earlier runs in ".vite": directories that run at the same time would share it.
  for (const name of fs.readdirSync(path.join(repository, "node_modules")))
    if (name !== "heddle" && !name.startsWith(".vite"))
      fs.symlinkSync(path.join(repository, "node_modules", name), path.join(modules, name));
  fs.cpSync(path.join(fixtures, "client-heddle"), path.join(modules, "heddle"), { recursive: true });
  return directory;
}

/** Captures the corpus in a process of its own, removes its sources, and revives it in another. */
export async function runCorpus(host: Host): Promise<CorpusRun> {
  const clientDir = makeClientDir(host);
  const output = path.join(clientDir, "captured.json");
  let captured: CaseResult[];
  try {
    const env = { ...ownEnvironment(), ...host.env, [host.inTest ? "CORPUS_RESULTS" : "CORPUS_OUT"]: output };
    for (const [command, ...args] of host.commands) {
      const running = run(command!, args, { cwd: clientDir, env });
      if (host.typed !== undefined)
        typeInto(running.child, fs.readFileSync(path.join(clientDir, host.typed), "utf8").split("\n"));
      await running;
    }
    captured = JSON.parse(fs.readFileSync(output, "utf8")) as CaseResult[];
  } finally {
    fs.rmSync(clientDir, { recursive: true, force: true });
  }
  return {
    clientDir,
    captured: byName(captured),
    ...(await reviveElsewhere(captured, { nodeArgs: host.workerArgs ?? [] })),
  };
}

/** Types lines as a user does: the next one when the prompt is back. */
function typeInto({ stdin, stdout }: ChildProcess, lines: readonly string[]): void {
  let next = 0;
  stdout!.on("data", (text: string) => {
    if (!text.endsWith("> ")) return;
    if (next < lines.length) stdin!.write(`${lines[next++]}\n`);
    else stdin!.end();
  });
}

/** Runs what was captured in a process whose directory holds nothing but installed packages. */
export async function reviveElsewhere(
  captured: readonly CaseResult[],
  options: { readonly without?: readonly string[]; readonly nodeArgs?: readonly string[] } = {},
): Promise<Pick<CorpusRun, "outcomes" | "resubmitted">> {
  const directory = temporaryDirectory("worker");
  try {
    fs.mkdirSync(path.join(directory, "node_modules"));
    for (const name of fs.readdirSync(path.join(repository, "node_modules")))
      if (!options.without?.includes(name))
        fs.symlinkSync(path.join(repository, "node_modules", name), path.join(directory, "node_modules", name));
    fs.copyFileSync(path.join(fixtures, "worker.mjs"), path.join(directory, "worker.mjs"));
    fs.copyFileSync(path.join(fixtures, "corpus/outcome.mjs"), path.join(directory, "outcome.mjs"));
    const input = path.join(directory, "captured.json");
    const output = path.join(directory, "outcomes.json");
    fs.writeFileSync(input, JSON.stringify(captured));
    await run(process.execPath, [...(options.nodeArgs ?? []), "worker.mjs"], {
      cwd: directory,
      env: { ...ownEnvironment(), CORPUS_OUT: input, WORKER_OUT: output },
    });
    const { results, resubmitted } = JSON.parse(fs.readFileSync(output, "utf8")) as {
      results: WorkerResult[];
      resubmitted: CaseResult[];
    };
    return { outcomes: byName(results), resubmitted };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** This process's environment without what the test runner that it is part of told it. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_OPTIONS|NODE_V8_COVERAGE|NODE_ENV|TEST)/.test(name),
  );
  return Object.fromEntries(entries);
}

function byName<T extends { readonly name: string }>(results: readonly T[]): ReadonlyMap<string, T> {
  return new Map(results.map((result) => [result.name, result]));
}

export function temporaryDirectory(purpose: string): string {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `heddle-closures-${purpose}-`)));
}
