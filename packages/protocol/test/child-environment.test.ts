import { expect, it } from "vitest";
import { childEnvironment, cleanNodeOptions } from "../src/processes/child-environment.js";

it.each([
  ["", ""],
  ["--import tsx --max-old-space-size=4096", "--max-old-space-size=4096"],
  ["--inspect=0 --require ./hook.cjs --no-warnings", "--no-warnings"],
  ['--loader "my loader.mjs" --stack-trace-limit=50', "--stack-trace-limit=50"],
  ["--experimental-test-coverage --unhandled-rejections=strict", "--unhandled-rejections=strict"],
  ["--max-old-space-size 4096", ""],
])("keeps of NODE_OPTIONS %j what concerns a child: %j", (options, kept) => {
  expect(cleanNodeOptions(options)).toBe(kept);
});

it("keeps the rest of the environment, and leaves the given one alone", () => {
  const env = { PATH: "/bin", NODE_OPTIONS: "--import tsx", NODE_V8_COVERAGE: "/tmp/c", TZ: "UTC" };
  expect(childEnvironment(env)).toEqual({ PATH: "/bin", TZ: "UTC" });
  expect(env.NODE_OPTIONS).toBe("--import tsx");
});
