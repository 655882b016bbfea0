import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "heddle";

/** Between two looks: seldom enough that looking costs the scheduler nothing. Milliseconds. */
const PAUSE = 20;

/** Resolves when the scheduler has forgotten every task: released ones are put away after their client has its value. */
export async function settled(client: Client): Promise<void> {
  while ((await client.tasks({ limit: 1 })).length > 0) await delay(PAUSE);
}
