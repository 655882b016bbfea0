import { HeddleError, registerError } from "@heddle/protocol/values";

export interface NotSerializableDetails {
  /** Display name of the function that was submitted, "anonymous" when it has none. */
  readonly functionName: string;
  /** What cannot be sent, from the function on: `"config.connection"`; `"helper -> socket"` when a helper uses it. */
  readonly path: string;
  /** What it is and why that cannot be copied. */
  readonly reason: string;
  /** What to do instead. */
  readonly hint: string | undefined;
  /** Where the submitted function stands in the user's own source: `"src/main.ts:12:5"`. */
  readonly location: string | undefined;
}

/** Thrown by `submit` and its like when a function, or something that it uses, cannot be copied to a worker. */
export class FunctionNotSerializableError extends HeddleError implements NotSerializableDetails {
  readonly functionName: string;
  readonly path: string;
  readonly reason: string;
  readonly hint: string | undefined;
  readonly location: string | undefined;

  constructor(message: string, details: NotSerializableDetails) {
    super("HEDDLE_FUNCTION_NOT_SERIALIZABLE", message);
    this.functionName = details.functionName;
    this.path = details.path;
    this.reason = details.reason;
    this.hint = details.hint;
    this.location = details.location;
  }
}
registerError(FunctionNotSerializableError);

/**
 * Node's inspector, which reads what a function closes over, is not allowed in this process (`--permission`), or this release of Node
 * answers otherwise than is understood.
 */
export class InspectorUnavailableError extends HeddleError {
  /** What about its answers was not as expected; undefined when there is no inspector. */
  readonly unexpected: string | undefined;

  constructor(options?: ErrorOptions & { readonly unexpected?: string }) {
    const unexpected = options?.unexpected;
    super(
      "HEDDLE_INSPECTOR_UNAVAILABLE",
      unexpected === undefined
        ? "Node's in-process inspector is not available here, and without it the variables a function uses cannot be read; " +
            "allow it, or export the function from a file and submit that"
        : `the inspector of Node ${process.version} (V8 ${process.versions.v8}) does not answer as expected, so the variables a ` +
            `function uses cannot be read: ${unexpected}; use another release of Node, or export the function from a file and submit that`,
      options,
    );
    this.unexpected = unexpected;
  }
}
registerError(InspectorUnavailableError);

/** A definition arrived whose bytes do not have the hash it was announced with. */
export class DefinitionCorruptError extends HeddleError {
  constructor(
    readonly hash: string,
    why: string,
  ) {
    super(
      "HEDDLE_DEFINITION_CORRUPT",
      `function definition ${hash.slice(0, 12)} is damaged: ${why}; submit the function again`,
    );
  }
}
registerError(DefinitionCorruptError);

/** A function was to be revived before all of its definitions had arrived, or before its modules were loaded. */
export class DefinitionMissingError extends HeddleError {
  constructor(
    readonly hash: string,
    why = "it has not reached this process",
  ) {
    super("HEDDLE_DEFINITION_MISSING", `function definition ${hash.slice(0, 12)} cannot be used: ${why}`);
  }
}
registerError(DefinitionMissingError);

/** A package was to travel with a function, and cannot. */
export class PackageNotShippableError extends HeddleError {
  constructor(
    readonly packageName: string,
    /** What it is about it: "it has a native part (build/x.node)". */
    readonly reason: string,
    /** The package whose dependency it is, where it was not asked for itself. */
    readonly dependencyOf?: string,
  ) {
    const chain = dependencyOf === undefined ? "" : `, which '${dependencyOf}' depends on,`;
    super(
      "HEDDLE_PACKAGE_NOT_SHIPPABLE",
      `package '${packageName}'${chain} cannot be sent to workers: ${reason}; ` +
        `install it on the workers, and leave '${dependencyOf ?? packageName}' out of shipPackages`,
    );
  }
}
registerError(PackageNotShippableError);

/** A task imports a package that the worker does not have. */
export class PackageNotInstalledError extends HeddleError {
  constructor(
    /** The specifier as imported. */
    readonly specifier: string,
    /** The version the client has, where known. */
    readonly clientVersion: string | undefined,
    /** The directory whose node_modules chain was searched. */
    readonly lookedFrom: string,
    options?: ErrorOptions & { readonly importedBy?: string | undefined },
  ) {
    const by = options?.importedBy === undefined ? "" : `, imported by ${options.importedBy},`;
    const version = clientVersion === undefined ? "" : ` (the client has ${clientVersion})`;
    super(
      "HEDDLE_PACKAGE_NOT_INSTALLED",
      `package '${specifier}'${version}${by} is not installed on this worker (looked from ${lookedFrom}); ` +
        "install it there, or let the client send it along (shipPackages)",
      options,
    );
  }
}
registerError(PackageNotInstalledError);

/** A module exists on the worker but does not export what the client's copy exports. */
export class ExportMissingError extends HeddleError {
  constructor(
    readonly specifier: string,
    readonly exportName: string,
  ) {
    super(
      "HEDDLE_EXPORT_MISSING",
      `module '${specifier}' has no export '${exportName}' on this worker; install the same version as on the client`,
    );
  }
}
registerError(ExportMissingError);

/** A local file that tasks import cannot be prepared for workers. */
export class ModuleNotPortableError extends HeddleError {
  constructor(
    /** Absolute path of the file. */
    readonly file: string,
    readonly reason: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_MODULE_NOT_PORTABLE", `cannot send ${file} to a worker: ${reason}; ${hint}`, options);
  }
}
registerError(ModuleNotPortableError);

/** A task requires a file by a path that was not known when its function was sent. */
export class RequiredFileNotSentError extends HeddleError {
  constructor(
    readonly specifier: string,
    /** Where in the client's source, where known: "/home/me/main.cjs:4:11". */
    readonly calledAt: string | undefined,
  ) {
    super(
      "HEDDLE_REQUIRED_FILE_NOT_SENT",
      `require(${JSON.stringify(specifier)})${calledAt === undefined ? "" : ` at ${calledAt}`} names a file that did not come with the ` +
        'task: only files that exist and are named by a literal do; write require("./file.cjs"), or require it at the top of the file',
    );
  }
}
registerError(RequiredFileNotSentError);
