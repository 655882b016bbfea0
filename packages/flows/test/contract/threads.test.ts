import { ConcurrentTaskRunner, flow, task } from "@heddle/flows";
import { registerTaskRunnerContract } from "@heddle/flows/testing";
import { describe, expect, it } from "vitest";
import "../support/own-home.js";

registerTaskRunnerContract("ConcurrentTaskRunner, threads", () => new ConcurrentTaskRunner({ threads: 2 }), {
  describe,
  it,
});

it("synchronous bodies compute beside the flow, and a timeout stops them", async () => {
  const busy = task(
    (ms: number) => {
      const end = Date.now() + ms;
      while (Date.now() < end);
      return ms;
    },
    { name: "busy" },
  );
  const endless = task(
    () => {
      for (;;);
    },
    { name: "endless", timeout: 200 },
  );
  const f = flow(
    async () => {
      let ticks = 0;
      const ticking = setInterval(() => ticks++, 1);
      const value = await busy.submit(200).result();
      clearInterval(ticking);
      return { value, ticked: ticks > 3, stopped: (await endless.submit().wait()).name };
    },
    { name: "f", taskRunner: new ConcurrentTaskRunner({ threads: 2 }) },
  );
  expect(await f()).toEqual({ value: 200, ticked: true, stopped: "TimedOut" });
});
