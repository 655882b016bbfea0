/** Entry of the thread that writes the history. It does not keep its process alive. */
import { parentPort, workerData } from "node:worker_threads";
import { BEAT_INTERVAL } from "../process-identity.js";
import type { Sqlite } from "../sqlite.js";
import { FileWriter } from "./file-writer.js";
import type { FromWriter, ToWriter, WriterOptions } from "./messages.js";
import { prune } from "./prune.js";
import { settleLost } from "./settle-lost.js";

const options = workerData as WriterOptions;
const port = parentPort!;
const post = (message: FromWriter): void => port.postMessage(message);

const writer = new FileWriter(options.file, (code, message) => post({ type: "warning", code, message }));
const beats = setInterval(() => writer.beat(), BEAT_INTERVAL);

port.on("message", (message: ToWriter) => {
  switch (message.type) {
    case "batch":
      writer.write(message.chunks);
      Atomics.add(options.done, 0, 1);
      Atomics.notify(options.done, 0);
      return;
    case "flush":
      return post({ type: "flushed", id: message.id });
    case "close":
      clearInterval(beats);
      writer.close();
      port.close();
  }
});

function* tidy(sqlite: Sqlite): Generator<void> {
  yield* settleLost(sqlite, Date.now());
  yield* prune(sqlite, options, Date.now());
}

/** A slice at a time, what has come meanwhile first. What cannot be done now is done at another start. */
function goOn(slices: Generator<void>): void {
  try {
    if (slices.next().done !== true) setImmediate(goOn, slices);
  } catch {
    // The database is busy, damaged or put aside: the next write finds out, and says so.
  }
}
if (writer.sqlite !== undefined) goOn(tidy(writer.sqlite));
