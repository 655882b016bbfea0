/** Imported for its effect: history and results of a test file go to a folder of its own, which is removed at its end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { loadSettings } from "@heddle/protocol";
import { processHistory } from "../../src/history/process-history.js";

const home = mkdtempSync(join(tmpdir(), "heddle-flows-"));
process.env["HEDDLE_HOME"] = home;

afterAll(async () => {
  await processHistory(loadSettings())?.close();
  rmSync(home, { recursive: true, force: true });
});
