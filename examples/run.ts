/** Runs an example by its name: `npm run example hello`. Without a name it lists them. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const EXAMPLES: Readonly<Record<string, string>> = {
  hello: "the first program: submit, map, gather, delayed",
  receipts: "an ordinary program: a helper file, a package, a class, a table, on a worker that has none of them",
  errors: "what failing tasks, timeouts, cancelling and functions that cannot travel look like",
  "flight-delays": "three million flights: parse, clean, join, group, reduce as a tree (npm run demo)",
  "text-index": "a search engine over the texts of all installed packages, in shards on the workers",
  mandelbrot: "a picture in tiles: large arrays that are read where they lie",
  "http-fetch": "hundreds of slow requests on two threads",
  "flow-sequential": "a flow whose tasks run one after another",
  "flow-cluster": "the same flow on a cluster made for it: only the runner changed",
  "flow-direct": "tasks that are called instead of submitted run in the flow's own process",
  "flow-subflow": "a flow that calls another one with a runner of its own",
  "count-to": "ten tasks that wait, at the same time",
  elevator: "ten tasks that begin together and end in order",
  climate: "real weather: extract with retries and a cache, transform on a cluster, load, an artifact",
  runners: "one pipeline over three runners: concurrent, cluster, sequential",
};

const [name = "", ...args] = process.argv.slice(2);
if (!Object.hasOwn(EXAMPLES, name)) {
  if (name !== "") console.error(`There is no example "${name}".\n`);
  console.log("npm run example <name>\n");
  for (const [each, about] of Object.entries(EXAMPLES)) console.log(`  ${each.padEnd(15)} ${about}`);
  process.exit(name === "" ? 0 : 2);
}

const main = fileURLToPath(new URL(`${name}/main.ts`, import.meta.url));
const child = spawn(process.execPath, ["--import", "tsx", main, ...args], { stdio: "inherit" });
// Ctrl-C reaches the example by itself; this process only stays for its exit status.
process.on("SIGINT", () => undefined);
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
