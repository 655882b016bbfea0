/** The data worker: the line to the server, the rows, and the picture of the task stream, off the page's thread. */
import { DataWorker } from "./data-worker.js";
import type { PageToWorker, WorkerToPage } from "./messages.js";

const worker = new DataWorker((message: WorkerToPage, transfer: Transferable[] = []) => {
  self.postMessage(message, { transfer });
});

self.onmessage = (event: MessageEvent<PageToWorker>) => worker.receive(event.data);
