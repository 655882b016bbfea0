/** What can go wrong with kept results. */
import { HeddleError, registerError } from "@heddle/protocol";

/** Why a store did not do what it was asked. */
export type StorageProblem = "unavailable" | "timeout" | "full" | "denied" | "failed";

export type StorageErrorCode =
  | "HEDDLE_STORAGE_UNAVAILABLE"
  | "HEDDLE_STORAGE_TIMEOUT"
  | "HEDDLE_STORAGE_FULL"
  | "HEDDLE_STORAGE_DENIED"
  | "HEDDLE_STORAGE_FAILED";

const CODES: Readonly<Record<StorageProblem, StorageErrorCode>> = {
  unavailable: "HEDDLE_STORAGE_UNAVAILABLE",
  timeout: "HEDDLE_STORAGE_TIMEOUT",
  full: "HEDDLE_STORAGE_FULL",
  denied: "HEDDLE_STORAGE_DENIED",
  failed: "HEDDLE_STORAGE_FAILED",
};

const ADVICE: Readonly<Record<StorageProblem, string>> = {
  unavailable: "check that it runs and that its address is right",
  timeout: "it may be overloaded: look at it, or give it more time (setting results.timeout)",
  full: "make room there, or raise its limit",
  denied: "check its credentials and permissions",
  failed: "mend what it names, or keep results in another store (resultStorage, setting results.storage)",
};

export interface StorageErrorOptions extends ErrorOptions {
  /** What to do, where the store knows better than what holds for any store. */
  readonly advice?: string;
}

/** A store of results is down, slow, full, or refuses. `store` says which one, `key` what it was about. */
export class StorageError extends HeddleError {
  declare readonly code: StorageErrorCode;

  constructor(
    readonly store: string,
    readonly operation: "read" | "write" | "check" | "delete",
    readonly key: string,
    problem: StorageProblem,
    reason: string,
    { advice = ADVICE[problem], ...options }: StorageErrorOptions = {},
  ) {
    super(CODES[problem], `cannot ${operation} ${key} in ${store}: ${reason}; ${advice}`, options);
  }
}

/** A key that no store takes: empty, too long, or with characters or parts that might lead out of the store. */
export class InvalidStorageKeyError extends HeddleError {
  constructor(
    readonly key: string,
    problem: string,
  ) {
    super(
      "HEDDLE_STORAGE_KEY_INVALID",
      `${JSON.stringify(key.slice(0, 200))} cannot be a storage key: ${problem}. ` +
        "Use parts of letters, digits and ._-=@ with / between them, none beginning with a dot",
    );
  }
}

/** A store that cannot be made from its description or options. */
export class InvalidStoreError extends HeddleError {
  constructor(
    readonly type: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_STORE_INVALID", `cannot make a result store of type ${JSON.stringify(type)}: ${problem}`, options);
  }
}

/** A package that this feature needs, and that is for its users to install. */
export class PeerMissingError extends HeddleError {
  constructor(
    readonly packageName: string,
    feature: string,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_PEER_MISSING",
      `${feature} needs the package ${packageName}, which cannot be loaded: npm install ${packageName}, ` +
        "on each machine that uses it",
      options,
    );
  }
}

/** What lies under a key is not a result, or was damaged or cut short. */
export class CorruptResultError extends HeddleError {
  constructor(
    readonly key: string,
    readonly store: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_RESULT_CORRUPT",
      `what is stored under ${key} in ${store} cannot be read as a result: ${problem}. Delete it, and run the task again`,
      options,
    );
  }
}

/** A result that was persisted is no longer in its store. */
export class ResultNotFoundError extends HeddleError {
  constructor(
    readonly key: string,
    readonly store: string,
  ) {
    super(
      "HEDDLE_RESULT_NOT_FOUND",
      `the result ${key} is not in ${store}: it was deleted, has expired, or the store is another machine's`,
    );
  }
}

/** A serializer that this process does not have, or a name that none can have. */
export class UnknownSerializerError extends HeddleError {
  constructor(
    readonly serializer: string,
    problem = "nothing was registered under the name: call registerSerializer in each process, or use structured or json",
  ) {
    super("HEDDLE_SERIALIZER_UNKNOWN", `cannot use the serializer ${JSON.stringify(serializer)}: ${problem}`);
  }
}

/** A value that the chosen serializer cannot keep as it is. */
export class ResultNotSerializableError extends HeddleError {
  constructor(
    readonly serializer: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(
      "HEDDLE_RESULT_NOT_SERIALIZABLE",
      `the serializer ${JSON.stringify(serializer)} cannot keep the result: ${problem}`,
      options,
    );
  }
}

/** A method of compression that this version of Node lacks. */
export class CompressionUnavailableError extends HeddleError {
  constructor(readonly method: string) {
    super(
      "HEDDLE_COMPRESSION_UNAVAILABLE",
      `Node ${process.versions.node} cannot do ${method}: use gzip, or Node 22.15 or later on each machine of the cluster`,
    );
  }
}

/** A cache key that cannot be made. */
export class CacheKeyError extends HeddleError {
  constructor(
    readonly task: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_CACHE_KEY_INVALID", `task ${task} has no cache key: ${problem}`, options);
  }
}

/** A template of `resultStorageKey` that cannot be filled in. */
export class StorageKeyTemplateError extends HeddleError {
  constructor(
    readonly template: string,
    problem: string,
  ) {
    super("HEDDLE_STORAGE_KEY_TEMPLATE", `resultStorageKey ${JSON.stringify(template)}: ${problem}`);
  }
}

for (const type of [
  StorageError,
  InvalidStorageKeyError,
  InvalidStoreError,
  PeerMissingError,
  CorruptResultError,
  ResultNotFoundError,
  UnknownSerializerError,
  ResultNotSerializableError,
  CompressionUnavailableError,
  CacheKeyError,
  StorageKeyTemplateError,
])
  registerError(type);
