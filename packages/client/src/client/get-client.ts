/** The client for code that was not given one. */
import { assertNotImporting, taskConnection } from "@heddle/worker/task";
import { NoClientError } from "../errors/connection.js";
import { Client } from "./client.js";
import { currentClient } from "./current-client.js";

/** Of this thread, by address: a connection for each task would cost more than most tasks. */
const inTasks = new Map<string, Client>();

/**
 * Inside a task: a client of the cluster the task runs on; awaiting its futures gives the task's thread to others meanwhile. All
 * tasks of a thread share it; do not close it. Outside: the newest client of this process that is open.
 *
 * @throws NoClientError outside a task when there is none
 * @throws ImportedProgramError at the top level of a file that tasks import
 *
 * @example
 * const fib = async (n: number): Promise<number> => {
 *   if (n < 2) return n;
 *   const client = getClient();
 *   const [a, b] = await client.gather(client.map(fib, [n - 1, n - 2]));
 *   return a + b;
 * };
 */
export function getClient(): Client {
  const connection = taskConnection();
  if (connection === undefined) {
    const client = currentClient();
    if (client === undefined) throw new NoClientError();
    return client;
  }
  if (connection.task === undefined) assertNotImporting("getClient()");
  const { address, token } = connection;
  let client = inTasks.get(address);
  if (client === undefined || client.closed) {
    client = new Client(address, { name: "task", ...(token === undefined ? {} : { token }) });
    inTasks.set(address, client);
  }
  return client;
}
