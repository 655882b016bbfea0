/**
 * Where an executor thread starts. It says that it is there before it loads what running tasks takes, which is four times as
 * much: a cluster whose threads have started can be waited for, and given work, while they load.
 */
import { workerData } from "node:worker_threads";
import { RingReader } from "../byte-ring.js";
import { WAKE, type MessageToThread, type ThreadData } from "../thread-messages.js";

/** Milliseconds without work after which the rest is loaded all the same. */
const IDLE = 250;

const data = workerData as ThreadData;
const early: MessageToThread[] = [];
let isLoading = false;

async function load(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  const { ThreadWork } = await import("./work.js");
  data.port.off("message", keep);
  // Handed over, not kept: what a batch brings would be held for the life of the thread.
  new ThreadWork(data).start(early.splice(0));
}

function keep(message: MessageToThread): void {
  early.push(message);
  if (message === WAKE || message.op !== "close") void load();
  else if (!isLoading) data.port.postMessage({ op: "closed" });
}

data.port.on("message", keep);
if (!new RingReader(data.inbox).sleep()) void load();
setTimeout(() => void load(), IDLE).unref();
data.port.postMessage({ op: "ready" });
