/** Which client is meant when none is named. */
import type { Client } from "./client.js";

/** Clients of this process that are not closed, oldest first. */
const open: Client[] = [];

/** The newest client of this process that is not closed. */
export function currentClient(): Client | undefined {
  return open.at(-1);
}

/** @internal */
export function enterClient(client: Client): void {
  open.push(client);
}

/** @internal */
export function leaveClient(client: Client): void {
  const index = open.indexOf(client);
  if (index >= 0) open.splice(index, 1);
}
