import type { FunctionForm, FunctionKind } from "../analysis/parse-function.js";
import type { MapSlice } from "../scripts/source-map.js";
import type { ImportForm } from "../scripts/import-forms.js";

/** Heads and origins of the five kinds of definition. Names are short where they occur once per captured value. */
export type Head = FunctionHead | CallHead | CodeHead | FilesHead | PackagesHead;

/** A function with what it closes over, as a graph: the root of what `capture` returns. Its hash is the function's token. */
export interface FunctionHead {
  readonly kind: "function";
  readonly root: Entry;
  readonly nodes: readonly Node[];
  /** Identities of code definitions, by the index that nodes use. */
  readonly codes: readonly string[];
  readonly modules: readonly ModuleRef[];
}

/**
 * A function that is called with arguments which hold functions or classes: its definition needs theirs, so they are where it runs
 * without being written into the arguments.
 */
export interface CallHead {
  readonly kind: "call";
  /** Token of the function. */
  readonly function: string;
  /** Tokens of what the arguments hold: two calls that bring different things are different. */
  readonly brought: readonly string[];
}

/** The source text of one function or class, free of values and of position. */
export interface CodeHead {
  readonly kind: "code";
  readonly text: string;
  readonly form: FunctionForm;
  readonly functionKind: FunctionKind;
  /** Names of the variables that must be provided, in the order of a function node's `caps`. */
  readonly params: readonly string[];
  readonly strict: boolean;
}

export interface CodeOrigin {
  readonly url: string;
  /** Zero-based position of the text in the script. */
  readonly line: number;
  readonly column: number;
  readonly map?: MapSlice;
}

/**
 * Local source files that import each other in a cycle, mostly just one. References between units are by identity, so a unit's
 * identity covers everything its files import.
 */
export interface FilesHead {
  readonly kind: "files";
  readonly files: readonly FileHead[];
  /** Identities of other units, by the index that links use. */
  readonly units: readonly string[];
  /** Packages that the files import and that come along. */
  readonly shipped?: readonly (readonly [name: string, ...PackagePlace])[];
}

/** Identity of a unit of packages, and which of them. */
export type PackagePlace = readonly [unit: string, index: number];

/** npm packages that depend on each other in a cycle, mostly just one. Its buffers are the contents of the files. */
export interface PackagesHead {
  readonly kind: "packages";
  readonly packages: readonly PackageHead[];
}

export interface PackageHead {
  readonly name: string;
  readonly version: string | null;
  /** Paths with "/", in order of their names. */
  readonly files: readonly (readonly [path: string, ...range: BufferRange, executable?: 1])[];
  /** What the package finds under the names of its dependencies; "": another one of this unit. */
  readonly links: readonly (readonly [name: string, ...PackagePlace])[];
}

interface FileHead {
  readonly name: string;
  readonly format: FileFormat;
  readonly text: string;
  /** The specifiers in the text that must be replaced. */
  readonly links: readonly FileLink[];
}

export type FileFormat = "esm" | "cjs" | "json";

/** [start, end) of a quoted specifier, and what it names: a file of a unit (-1: this one), or Heddle itself. */
export type FileLink = readonly [start: number, end: number, target: FileTarget];
export type FileTarget =
  { readonly unit: number; readonly file: number; readonly asModule?: true } | { readonly self: string };

export interface FilesOrigin {
  /** By file: its absolute path at the client. */
  readonly paths: readonly string[];
  /** By file: its source map, as JSON text; null where the text is what the user wrote. */
  readonly maps: readonly (string | null)[];
  /** Versions of the packages the files import, as the client has them. */
  readonly packages: Readonly<Record<string, string>>;
}

/** A value: a primitive itself, or one of these. */
export type Entry =
  | null
  | boolean
  | number
  | string
  | { readonly undefined: 1 }
  | { readonly hole: 1 }
  | { readonly number: string }
  | { readonly bigint: string }
  | { readonly symbolFor: string }
  | { readonly wellKnown: string }
  /** A node of this graph. */
  | { readonly ref: number }
  /** A standard object, by its path from the global object. */
  | { readonly std: readonly string[] }
  /** The `prototype` of a function or class. */
  | { readonly protoOf: Entry }
  | ImportEntry
  /** The global object, with these members of the client's own. */
  | { readonly globals: readonly (readonly [name: string, value: Entry])[] }
  /** `import.meta` of the client's file. */
  | { readonly meta: string }
  /** The `import()` of the client's file: which module each literal specifier means. */
  | { readonly dynamicImport: Readonly<Record<string, ModuleRef>>; readonly vite?: 1 };

/** Something imported from module `mod`. */
export interface ImportEntry {
  readonly mod: number;
  readonly path?: readonly string[];
  readonly form?: ImportForm;
}

/** [key, value] of a plain property; with flags: 1 writable, 2 enumerable, 4 configurable, 8 accessor (value is the getter). */
export type PropertyEntry = readonly [key: Entry, value: Entry, flags?: number, setter?: Entry];
export const WRITABLE = 1;
export const ENUMERABLE = 2;
export const CONFIGURABLE = 4;
export const ACCESSOR = 8;

/** [offset, length] in the definition's buffers. */
export type BufferRange = readonly [offset: number, length: number];

/** Something with identity, and whether it is frozen. */
export type Node = NodeContent & Sealable;

interface Sealable {
  /** Absent where properties can be added. */
  integrity?: Integrity;
}

/** `proto` is given only where it is not the usual one. */
type NodeContent =
  | FunctionNode
  | { readonly t: "bound"; target: Entry; self: Entry; args: Entry[]; proto?: Entry; props?: PropertyEntry[] }
  | { readonly t: "object"; proto?: Entry; props: PropertyEntry[] }
  | { readonly t: "array"; items: Entry[]; length?: number; proto?: Entry; props?: PropertyEntry[] }
  | { readonly t: "map"; items: (readonly [Entry, Entry])[]; proto?: Entry; props?: PropertyEntry[] }
  | { readonly t: "set"; items: Entry[]; proto?: Entry; props?: PropertyEntry[] }
  | { readonly t: "error"; ctor: string; proto?: Entry; props: PropertyEntry[] }
  | { readonly t: "date"; readonly time: Entry }
  | { readonly t: "regexp"; readonly source: string; readonly flags: string; readonly lastIndex: Entry }
  | { readonly t: "boxed"; readonly value: Entry }
  | { readonly t: "url"; readonly href: string }
  /** Of a URL that travels too, or on their own. */
  | { readonly t: "urlParams"; text: string; of?: Entry }
  | { readonly t: "symbol"; readonly description: Entry }
  | { readonly t: "buffer"; readonly bytes: BufferRange; readonly maxLength?: number }
  | { readonly t: "view"; readonly type: string; over: Entry; offset: number; length: number }
  /** Which module each literal specifier means. */
  | { readonly t: "require"; readonly modules: Record<string, ModuleRef> }
  | { readonly t: "perWorker"; readonly key: string; init: Entry; options: Entry };

/** What `Object.freeze`, `Object.seal` and `Object.preventExtensions` make of an object. */
export type Integrity = "frozen" | "sealed" | "fixed";

export interface FunctionNode extends Sealable {
  readonly t: "function";
  code: number;
  caps: Entry[];
  name?: Entry;
  /** What `this` is in an arrow function of a class field. */
  self?: Entry;
  /** Captured variables that several functions share and assign: name and number of the cell. */
  cells?: (readonly [name: string, cell: number])[];
  /** Own properties (of a class: its static fields). */
  props?: PropertyEntry[];
  /** What a function inherits from, where that is not what functions of its kind do; a class's parent is among its captures. */
  proto?: Entry;
  /** Of a constructor function: what was put in place of its prototype, or on, and under, its own one. */
  prototype?: Entry;
  prototypeProps?: PropertyEntry[];
  prototypeProto?: Entry;
  /** Of a class or constructor function. */
  prototypeIntegrity?: Integrity;
  /** Of a class that is one class on a worker, whichever function brings it. */
  share?: string;
}

export type ModuleRef =
  | { readonly kind: "builtin"; readonly specifier: string; readonly mode: ModuleMode }
  | {
      readonly kind: "package";
      readonly specifier: string;
      readonly version?: string;
      readonly mode: ModuleMode;
      /** Where it is, when it came with the function; else it is the worker's own. */
      readonly shipped?: PackagePlace;
    }
  /** A file inside a package that the package's own exports do not name. */
  | {
      readonly kind: "packageFile";
      readonly name: string;
      readonly file: string;
      readonly version?: string;
      readonly mode: ModuleMode;
      readonly shipped?: PackagePlace;
    }
  | { readonly kind: "file"; readonly unit: string; readonly file: number; readonly mode: ModuleMode }
  | { readonly kind: "self"; readonly specifier: string }
  | { readonly kind: "url"; readonly specifier: string };

/** Whether a module is loaded by `import` or by `require`: a package may have a different file for each. */
export type ModuleMode = "import" | "require";
