import path from "node:path";

const repository = path.resolve(import.meta.dirname, "../../../..");
const bin = (name: string): string => path.join(repository, "node_modules/.bin", name);
/** Tools run in the Node that runs the tests, which is not always the first in the path. */
const node = (...args: string[]): string[] => [process.execPath, ...args];

export type CorpusFile =
  | "cases.mjs"
  | "adversarial.mjs"
  | "cases.cjs"
  | "cases.ts"
  | "erasable.ts"
  | "decorated.ts"
  | "nested.mjs"
  | "repl.js";

/** How a corpus file is started. */
export interface Host {
  readonly name: string;
  readonly file: CorpusFile;
  /** Package type of the client's directory. */
  readonly type?: "module" | "commonjs";
  /** Commands run in the client's directory, the last of them the program. */
  readonly commands: readonly (readonly string[])[];
  readonly env?: Readonly<Record<string, string>>;
  /** A file of the client's directory whose lines are typed into the program. */
  readonly typed?: string;
  /** Whether a test captures the cases, and not the file itself. */
  readonly inTest?: boolean;
  /** Options of the Node that revives. */
  readonly workerArgs?: readonly string[];
  /** Whether the variables have lost their names. */
  readonly renames?: boolean;
  /** Where "#lib/*" leads at run time, for hosts that do not read tsconfig paths. */
  readonly lib?: string;
  /** What errors call the file, where that is not its name. */
  readonly shownAs?: RegExp;
  /** Cases that mean something else in this host, or nothing, and why. */
  readonly except?: Readonly<Record<string, string>>;
  /** Why the host is not there, where it is not. */
  readonly missing?: string | false;
}

const [major, minor] = process.versions.node.split(".").map(Number) as [number, number];
const stripsTypes = major > 22 || (major === 22 && minor >= 18);

const compile = node(bin("tsc"), "-p", ".");
const compiled = { lib: "./out/lib/*.js", commands: [compile, node("out/cases.js")] };
const bundling = ["--bundle", "--minify", "--sourcemap", "--platform=node", "--format=esm", "--packages=external"];

const plain: readonly Host[] = [
  { name: "node, ES modules", file: "cases.mjs", commands: [node("cases.mjs")] },
  { name: "node, cases that try to break it", file: "adversarial.mjs", commands: [node("adversarial.mjs")] },
  { name: "node, CommonJS", file: "cases.cjs", commands: [node("cases.cjs")] },
  { name: "node, a REPL", file: "repl.js", commands: [node("-i")], typed: "repl.js", shownAs: /^REPL\d+$/ },
  { name: "node, a worker thread", file: "cases.mjs", commands: [node("in-thread.mjs", "./cases.mjs")] },
  { name: "node, a debugger attached", file: "cases.mjs", commands: [node("debugged.mjs")] },
  {
    name: "node, coverage on",
    file: "cases.mjs",
    commands: [node("cases.mjs")],
    env: { NODE_V8_COVERAGE: "coverage" },
  },
  {
    name: "node, its own test runner, coverage on",
    file: "cases.mjs",
    commands: [node("--test", "cases.mjs")],
    env: { NODE_V8_COVERAGE: "coverage" },
  },
  {
    name: "node, frozen intrinsics and source maps",
    file: "cases.mjs",
    commands: [node("--frozen-intrinsics", "--enable-source-maps", "cases.mjs")],
    workerArgs: ["--frozen-intrinsics"],
    except: { "unbound method using this": "Object.prototype.toString is an accessor there, and is refused" },
  },
  {
    name: "node, no code from strings",
    file: "cases.ts",
    commands: [compile, node("--disallow-code-generation-from-strings", "out/cases.js")],
    workerArgs: ["--disallow-code-generation-from-strings"],
    lib: "./out/lib/*.js",
  },
];

const typescript: readonly Host[] = [
  {
    name: "node, types stripped",
    file: "erasable.ts",
    commands: [node("erasable.ts")],
    missing: !stripsTypes && "it needs Node 22.18 or later: npm run test:nodes",
  },
  { name: "tsx, ES modules", file: "cases.ts", commands: [node(bin("tsx"), "cases.ts")] },
  { name: "tsx, CommonJS", file: "cases.ts", type: "commonjs", commands: [node(bin("tsx"), "cases.ts")] },
  { name: "tsc to ES modules", file: "cases.ts", ...compiled },
  { name: "tsc to CommonJS", file: "cases.ts", type: "commonjs", ...compiled },
  { name: "tsx, decorators", file: "decorated.ts", commands: [node(bin("tsx"), "decorated.ts")] },
  { name: "tsc, decorators", file: "decorated.ts", commands: [compile, node("out/decorated.js")] },
  {
    name: "a minified bundle",
    renames: true,
    file: "cases.ts",
    commands: [[bin("esbuild"), "cases.ts", "--outfile=bundle/cases.mjs", ...bundling], node("bundle/cases.mjs")],
  },
];

function inVitest(file: "cases.mjs" | "cases.ts", name: string, ...args: string[]): Host {
  return {
    name: `vitest, ${name}`,
    file,
    lib: "./lib/*.ts",
    commands: [node(bin("vitest"), "run", "in-vitest.spec.mjs", "--root", ".", ...args)],
    env: { CORPUS_FILE: file },
    inTest: true,
  };
}

const testRunners: readonly Host[] = [
  ...(["cases.mjs", "cases.ts"] as const).flatMap((file) =>
    ["forks", "threads", "vmThreads"].map((pool) => inVitest(file, pool, "--pool", pool)),
  ),
  inVitest("cases.ts", "coverage by istanbul", "--coverage.enabled", "--coverage.provider", "istanbul"),
  {
    name: "jest, CommonJS by babel",
    file: "cases.ts",
    type: "commonjs",
    lib: "./lib/*.ts",
    commands: [node("--experimental-vm-modules", bin("jest"), "in-jest.spec.ts")],
    inTest: true,
  },
  {
    name: "jest, ES modules",
    file: "cases.mjs",
    commands: [node("--experimental-vm-modules", bin("jest"), "in-jest.spec.mjs")],
    inTest: true,
    env: { JEST_ESM: "1" },
    except: {
      "import.meta.dirname": "jest's import.meta has none",
      "require inside the function": "jest's require holds all of jest, and is refused",
    },
  },
];

export const hosts: readonly Host[] = [...plain, ...typescript, ...testRunners];
