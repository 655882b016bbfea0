import { spawn } from "node:child_process";
import { constants } from "node:os";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { HeddleError, registerError } from "@heddle/protocol";
import { ExitStatus } from "../exit-status.js";
import { ask, targetOf, withTarget, type TargetOptions } from "../target.js";
import { UsageError } from "../usage.js";

/** A TypeScript file is to be run, and neither its project nor Heddle's has tsx. */
class TsxMissingError extends HeddleError {
  constructor(readonly file: string) {
    super(
      "HEDDLE_TSX_MISSING",
      `${file} is TypeScript, and its project has no tsx to run it: npm install --save-dev tsx`,
    );
  }
}
registerError(TsxMissingError);

export function addRun(program: Command): void {
  withTarget(
    program
      .command("run <file> [args...]")
      .summary("run a script against a cluster")
      .description(
        "Runs a script with HEDDLE_ADDRESS and HEDDLE_TOKEN set, so that new Client() in it finds the cluster. TypeScript is run " +
          "by the tsx of the script's project. Exits as the script does.",
      )
      // What follows the file is the script's own.
      .passThroughOptions(),
    true,
  )
    .addHelpText("after", "\nExample:\n  $ heddle run --address ws://127.0.0.1:8786 job.ts --input data.csv")
    .action(runScript);
}

async function runScript(name: string, args: readonly string[], options: TargetOptions): Promise<void> {
  const file = resolve(name);
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const target = targetOf(undefined, options);
  const loader = /\.[cm]?tsx?$/.test(file) ? ["--import", findTsx(file)] : [];
  // Better now and in one line than as a stack trace of the script.
  await ask(target, { what: "identity" });
  const child = spawn(process.execPath, [...loader, file, ...args], {
    stdio: "inherit",
    env: {
      ...process.env,
      HEDDLE_ADDRESS: target.address,
      ...(target.token === undefined ? {} : { HEDDLE_TOKEN: target.token }),
      // TLS of the script's own connections.
      ...(options.tlsCa === undefined ? {} : { NODE_EXTRA_CA_CERTS: resolve(options.tlsCa) }),
    },
  });
  // Ctrl-C reaches the script as well; what it makes of it decides.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const status = await new Promise<number>((done, failed) => {
    child.on("error", failed);
    child.on("exit", (code, signal) => done(code ?? 128 + constants.signals[signal!]));
  });
  if (status !== 0) throw new ExitStatus(status);
}

/** As a URL: a path of Windows would not do after --import. */
function findTsx(file: string): string {
  for (const from of [file, import.meta.filename]) {
    try {
      return pathToFileURL(createRequire(from).resolve("tsx")).href;
    } catch {
      // Not there; the next one.
    }
  }
  throw new TsxMissingError(file);
}
