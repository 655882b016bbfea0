/** What the record has to say in words: names before the first row that uses them, failures, who came and went. */

export interface NewGroup {
  readonly id: number;
  readonly name: string;
}

export interface NewWorker {
  /** Its index at the scheduler. */
  readonly id: number;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly threads: number;
  readonly memoryLimit: number;
  readonly resources: Readonly<Record<string, number>>;
  readonly address: string;
  readonly joinedAt: number;
  /** Lane of its first thread; the others follow. */
  readonly lane: number;
}

export interface GoneWorker {
  readonly id: number;
  readonly leftAt: number;
  readonly ending: string;
}

/** Failures of one group with one message, since the last news of them. */
export interface FailureNews {
  readonly group: number;
  readonly kind: string;
  readonly message: string;
  count: number;
  readonly first: number;
  last: number;
  /** Names, at most a few. */
  readonly workers: string[];
  /** Of one of the tasks: key, and the encoded error where it has one. */
  readonly example: string;
  readonly error?: Uint8Array;
}

export interface RecordNews {
  readonly groups: readonly NewGroup[];
  readonly joined: readonly NewWorker[];
  readonly left: readonly GoneWorker[];
  readonly failures: readonly FailureNews[];
  /** Failures beyond what {@link failures} has room for. */
  readonly moreFailures: number;
  /** Triples: group, group of a dependent, how many edges more. */
  readonly edges: readonly number[];
}
