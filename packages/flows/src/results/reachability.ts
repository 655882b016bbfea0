import { hostname, networkInterfaces } from "node:os";
import { isLoopback } from "@heddle/protocol";
import type { StoreDescription } from "./result-store.js";

/**
 * What to tell a user whose tasks run on other machines while their results are kept in a directory of this one: there each machine would
 * have a directory of its own. undefined: nothing to say.
 *
 * @param address - of the scheduler that tasks are sent to
 * @param stores - where results of this flow run are kept
 */
export function localStoreWarning(address: string, stores: readonly StoreDescription[]): string | undefined {
  const local = stores.find(({ type }) => type === "local" || type === "memory");
  if (local === undefined || !URL.canParse(address)) return undefined;
  const { hostname: host } = new URL(address);
  if (isThisMachine(host.replace(/^\[(.*)\]$/, "$1"))) return undefined;
  const directory = local["directory"];
  const where = typeof directory === "string" ? `the directory ${directory}` : "the memory of one process";
  return (
    `results are kept in ${where}, and tasks run at ${address}, on other machines, which would each keep their own: unless all of ` +
    `them mount that directory, set resultStorage (or the setting results.storage) to a store that all reach, such as ` +
    `new HttpStorage(${JSON.stringify(address)}), the scheduler's own`
  );
}

function isThisMachine(host: string): boolean {
  if (isLoopback(host) || host.toLowerCase() === hostname().toLowerCase()) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
