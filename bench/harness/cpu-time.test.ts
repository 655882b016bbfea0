import { expect, it } from "vitest";
import { cpuSeconds, cpuSecondsOf } from "./cpu-time.js";

it("reads user and system time past a name with spaces and parentheses", () => {
  const stat = "4242 (a (b) c) S 1 4242 4242 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 11 0 999 1 1";
  expect(cpuSecondsOf(stat)).toBe(3);
});

it.runIf(process.platform === "linux")("agrees with what the process knows of itself", () => {
  const { user, system } = process.cpuUsage();
  // The two clocks tick differently: 10 ms here, microseconds there, and time goes on between the two readings.
  expect(cpuSeconds(process.pid)).toBeGreaterThan((user + system) / 1e6 - 0.1);
  expect(cpuSeconds(process.pid)).toBeLessThan((user + system) / 1e6 + 5);
});
