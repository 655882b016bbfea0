import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { makeClientDir, ownEnvironment } from "./corpus.js";

const run = promisify(execFile);

/** Runs a program as a client would, in a directory of its own, and returns what it printed as JSON. */
export async function runClient<T>(
  files: Readonly<Record<string, string>>,
  options: { readonly main?: string; readonly nodeArgs?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<T> {
  const directory = makeClientDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      fs.writeFileSync(path.join(directory, name), text);
    }
    const { stdout } = await run(process.execPath, [...(options.nodeArgs ?? []), options.main ?? "main.mjs"], {
      cwd: directory,
      env: { ...ownEnvironment(), ...options.env },
    });
    return JSON.parse(stdout) as T;
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}
