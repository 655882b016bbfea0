/** The tutorial's flow, on the runners of this process. */
import { afterEach, expect, it, vi } from "vitest";
import "../support/own-home.js";
import { ConcurrentTaskRunner, SequentialTaskRunner, flow, task } from "../../src/index.js";

const NAMES = ["arthur", "trillian", "ford", "marvin"];
const ORDERED = NAMES.flatMap((name) => [`hello ${name}`, `goodbye ${name}`]);

const sayHello = task(async (name: string) => console.log(`hello ${name}`), { name: "say_hello" });
const sayGoodbye = task(async (name: string) => console.log(`goodbye ${name}`), { name: "say_goodbye" });

async function submitted(names: string[]) {
  for (const name of names) {
    sayHello.submit(name);
    sayGoodbye.submit(name);
  }
}

async function direct(names: string[]) {
  for (const name of names) {
    await sayHello(name);
    await sayGoodbye(name);
  }
}

function printed(): string[] {
  return vi.mocked(console.log).mock.calls.map((parts) => parts.join(" "));
}

afterEach(() => void vi.restoreAllMocks());

it("[table] sequential: exactly the names in order", async () => {
  const spy = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await flow(submitted, { name: "greetings", taskRunner: new SequentialTaskRunner() })(NAMES);
  expect(spy.mock.calls.map((parts) => parts.join(" "))).toEqual(ORDERED);
});

it("[table] concurrent: the same eight lines", async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  await flow(submitted, { name: "greetings", taskRunner: ConcurrentTaskRunner })(NAMES);
  expect(printed().sort()).toEqual([...ORDERED].sort());
});

it("[table] direct calls: in order, whatever the runner", async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  await flow(direct, { name: "greetings" })(NAMES);
  expect(printed()).toEqual(ORDERED);
});
