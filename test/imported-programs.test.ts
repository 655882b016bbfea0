/** Files that are a program and define tasks at once: workers import them, and must not start a second program. */
import { expect, it } from "vitest";
import { Folder, run, script } from "./support/programs.js";

interface Outcome {
  readonly value?: unknown;
  readonly code?: string;
  readonly location?: string;
  readonly message?: string;
}

/** Runs a program that prints the outcome of each of its submissions. */
async function outcomes(folder: Folder, submissions: string): Promise<Outcome[]> {
  await using program = script(
    folder,
    `import { Client, LocalCluster } from "heddle";
     const cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false, silenceLogs: true });
     const client = new Client(cluster);
     globalThis.client = client;
     const outcomes = [];
     const outcome = (future) => future.result().then(
       (value) => outcomes.push({ value }),
       ({ code, location, message }) => outcomes.push({ code, location, message }),
     );
     ${submissions}
     await client.close();
     await cluster.close();
     console.log(JSON.stringify(outcomes));`,
  );
  const { stdout, stderr } = await run(program);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Outcome[];
}

/** Only a program makes one. */
const PROGRAM = (what: string): string => `
import { Client, LocalCluster, getClient } from "heddle";
const isProgram = globalThis.client !== undefined;
export const started = isProgram ? "by the program" :
  ${what};
export const double = (x) => 2 * x;
`;

it("names what a file that tasks import did at its top level, and where", async () => {
  using folder = new Folder();
  folder.write("client.mjs", PROGRAM(`new Client("ws://127.0.0.1:9")`));
  folder.write("cluster.mjs", PROGRAM("new LocalCluster({ workers: 1 })"));
  folder.write("current.mjs", PROGRAM("getClient()"));
  folder.write("late.mjs", PROGRAM("await Promise.resolve().then(() => 1) && new LocalCluster({ workers: 1 })"));
  const results = await outcomes(
    folder,
    `for (const name of ["client", "cluster", "current", "late"]) {
       const { double } = await import(\`./\${name}.mjs\`);
       await outcome(client.submit(double, 21));
     }
     await outcome(client.submit(async () => (await import("./cluster.mjs")).double(21)));`,
  );
  const refused = (what: string, file: string, line = 5): object => ({
    code: "HEDDLE_IMPORTED_PROGRAM",
    location: expect.stringMatching(new RegExp(`/${file}\\.mjs:${line}:\\d+$`)) as string,
    message: expect.stringContaining(`${what} was called at the top level of a file`) as string,
  });
  expect(results).toEqual([
    refused("new Client()", "client"),
    refused("new LocalCluster()", "cluster"),
    refused("getClient()", "current"),
    refused("new LocalCluster()", "late"),
    refused("new LocalCluster()", "cluster"),
  ]);
});

it("leaves what imported functions do inside tasks alone", async () => {
  using folder = new Folder();
  folder.write(
    "tasks.mjs",
    `import { getClient } from "heddle";
     const inc = (x) => x + 1;
     export const nested = async (xs) => Promise.all(xs.map((x) => getClient().submit(inc, x).result()));`,
  );
  const results = await outcomes(
    folder,
    `const { nested } = await import("./tasks.mjs");
     await outcome(client.submit(nested, [1, 2, 3]));
     await outcome(client.submit(async () => (await import("./tasks.mjs")).nested([4])));`,
  );
  expect(results).toEqual([{ value: [2, 3, 4] }, { value: [5] }]);
});

it("names a flow that a file which tasks import calls at its top level", async () => {
  using folder = new Folder();
  folder.write(
    "flow.mjs",
    `
import { flow } from "heddle";
const isProgram = globalThis.client !== undefined;
const nightly = flow(async () => 1, { name: "nightly" });
export const started = isProgram ? "by the program" :
  await nightly();
export const double = (x) => 2 * x;
`,
  );
  const results = await outcomes(
    folder,
    `const { double } = await import("./flow.mjs");
     await outcome(client.submit(double, 21));`,
  );
  expect(results).toEqual([
    {
      code: "HEDDLE_IMPORTED_PROGRAM",
      location: expect.stringMatching(/\/flow\.mjs:6:\d+$/) as string,
      message: expect.stringContaining("nightly() was called at the top level of a file") as string,
    },
  ]);
});
