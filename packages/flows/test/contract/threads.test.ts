import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ConcurrentTaskRunner, concurrency, flow, task } from "@heddle/flows";
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

it("a lease is one for tasks on threads and beside them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-leases-"));
  const [asking, holding] = [join(folder, "asking"), join(folder, "holding")];
  const onThread = task(
    () =>
      concurrency("one of all", 1).run(async () => {
        writeFileSync(holding, "");
        while (!existsSync(asking)) await pause(5);
        // The other has asked, and would have it by now if it were another one.
        await pause(200);
        rmSync(holding);
      }),
    { name: "onThread" },
  );
  const beside = task(
    async () => {
      while (!existsSync(holding)) await pause(5);
      writeFileSync(asking, "");
      return concurrency("one of all", 1).run(async () => existsSync(holding));
    },
    { name: "beside" },
  );
  const f = flow(
    async () => {
      const other = onThread.submit();
      const together = await beside.submit().result();
      await other.result();
      return { together };
    },
    { name: "f", taskRunner: new ConcurrentTaskRunner({ threads: 1 }) },
  );
  expect(await f()).toEqual({ together: false });
  rmSync(folder, { recursive: true });
});
