import { homedir } from "node:os";
import { join } from "node:path";

/** Where this user's Heddle keeps what outlives its processes: HEDDLE_HOME, by default `~/.heddle`. */
export function heddleHome(): string {
  return process.env["HEDDLE_HOME"] ?? join(homedir(), ".heddle");
}
