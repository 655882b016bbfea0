import os from "node:os";
import { runCorpus, type CorpusRun } from "./corpus.js";
import type { Host } from "./hosts.js";

/** Runs of the corpus, each in processes of its own: while one host's is waited for, the next hosts' go on beside it. */
export class CorpusRuns {
  readonly #started = new Map<Host, Promise<CorpusRun>>();

  constructor(
    private readonly hosts: readonly Host[],
    private readonly atOnce = os.availableParallelism(),
  ) {}

  of(host: Host): Promise<CorpusRun> {
    const index = this.hosts.indexOf(host);
    for (const each of this.hosts.slice(index, index + this.atOnce)) void this.#start(each);
    return this.#start(host);
  }

  /** Runs that were begun ahead for hosts whose tests are not wanted leave nothing behind either. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#started.values());
  }

  #start(host: Host): Promise<CorpusRun> {
    let run = this.#started.get(host);
    if (run === undefined) {
      run = runCorpus(host);
      // What goes wrong is told to who asks for it, which may be later.
      run.catch(() => undefined);
      this.#started.set(host, run);
    }
    return run;
  }
}
