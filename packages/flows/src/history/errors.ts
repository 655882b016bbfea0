/** What can be wrong with the run history when it is read. Writing it never fails a flow: it warns. */
import { HeddleError, registerError } from "@heddle/protocol/values";

/** There is no SQLite for this platform: the optional dependency is not installed. */
export class HistoryUnavailableError extends HeddleError {
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0]! : String(cause);
    super(
      "HEDDLE_HISTORY_UNAVAILABLE",
      `run history needs the package libsql, which cannot be loaded on ${process.platform} ${process.arch}: ${reason}. ` +
        "Install with optional dependencies, or set flows.history to false",
      { cause },
    );
  }
}
registerError(HistoryUnavailableError);

/** No flow has run yet that kept its history in this file. */
export class NoHistoryError extends HeddleError {
  constructor(readonly file: string) {
    super("HEDDLE_NO_HISTORY", `there is no run history yet: ${file} is made by the first flow that runs`);
  }
}
registerError(NoHistoryError);

/** The file was written by a later version of Heddle, in a way this one does not know. */
export class HistoryVersionError extends HeddleError {
  constructor(
    readonly file: string,
    readonly version: number,
    readonly known: number,
  ) {
    super(
      "HEDDLE_HISTORY_VERSION",
      `the run history in ${file} has version ${version}, and this Heddle knows up to ${known}: upgrade Heddle, or name another ` +
        "file in flows.historyFile",
    );
  }
}
registerError(HistoryVersionError);

/** The file cannot be read, or is no database. */
export class HistoryDamagedError extends HeddleError {
  constructor(
    readonly file: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      "HEDDLE_HISTORY_DAMAGED",
      `the run history in ${file} cannot be read: ${reason}. The next flow that runs puts a damaged file aside`,
      { cause },
    );
  }
}
registerError(HistoryDamagedError);

/** History has no flow run of this id or name. */
export class UnknownFlowRunError extends HeddleError {
  constructor(readonly run: string) {
    super(
      "HEDDLE_FLOW_RUN_UNKNOWN",
      `history has no flow run ${run}: give the beginning of an id, or a name; \`heddle flows ls\` lists them`,
    );
  }
}
registerError(UnknownFlowRunError);

/** Several flow runs begin with what was asked for. */
export class AmbiguousRunError extends HeddleError {
  constructor(
    readonly run: string,
    /** Ids of some of them, the newest first. */
    readonly candidates: readonly string[],
  ) {
    super("HEDDLE_RUN_AMBIGUOUS", `several flow runs begin with ${run}: ${candidates.join(", ")}. Give more of the id`);
  }
}
registerError(AmbiguousRunError);

/** An artifact is larger than `flows.maxArtifact`, or holds what is no plain JSON. */
export class ArtifactError extends HeddleError {
  constructor(
    readonly key: string,
    problem: string,
  ) {
    super("HEDDLE_ARTIFACT_INVALID", `the artifact ${key === "" ? "without a key" : key} ${problem}`);
  }
}
registerError(ArtifactError);
