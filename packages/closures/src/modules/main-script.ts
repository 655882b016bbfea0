import fs from "node:fs";

let entry: string | null | undefined;

/** Absolute path of the script Node was started with, if there is one. */
export function entryFile(): string | null {
  if (entry === undefined) {
    try {
      entry = process.argv[1] === undefined ? null : fs.realpathSync(process.argv[1]);
    } catch {
      entry = null;
    }
  }
  return entry;
}

/**
 * Whether a file is a program rather than a module: the script Node was started with, or a test file that a test runner imports.
 * Programs are never evaluated on a worker: importing one would run it there.
 */
export function isMainScript(file: string): boolean {
  return file === entryFile() || file === currentTestFile() || /\.(test|spec)\.[cm]?[jt]sx?$/.test(file);
}

/** vitest names test files by patterns of its own configuration, and says which one is running. */
function currentTestFile(): string | undefined {
  return (globalThis as { __vitest_worker__?: { filepath?: string } }).__vitest_worker__?.filepath;
}
