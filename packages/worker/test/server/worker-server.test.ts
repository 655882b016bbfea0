import { describe, expect, it } from "vitest";
import { RunFlag } from "@heddle/protocol";
import { WorkerServer, type WorkerServerOptions } from "../../src/index.js";
import { Definitions, Dep, SchedulerEndpoint, decoded, type Member } from "./scheduler-endpoint.js";

async function joined(options: Partial<WorkerServerOptions> = {}) {
  const scheduler = await SchedulerEndpoint.start();
  const lines: string[] = [];
  const worker = new WorkerServer({
    address: scheduler.address,
    validate: true,
    ownsProcess: false,
    log: (line) => lines.push(line),
    onOutput: (stream, text) => lines.push(`${stream}: ${text}`),
    ...options,
  });
  await worker.start();
  const member: Member = await scheduler.member();
  return {
    scheduler,
    worker,
    member,
    lines,
    definitions: new Definitions(),
    async [Symbol.asyncDispose]() {
      await worker.close();
      await scheduler[Symbol.asyncDispose]();
    },
  };
}

describe("a worker", () => {
  it("introduces itself, and runs what it is given", async () => {
    await using cluster = await joined({ threads: 2, resources: { GPU: 1 } });
    const { member, definitions } = cluster;
    expect(member.hello).toMatchObject({ role: "worker", threads: 2, resources: { GPU: 1 }, pid: process.pid });
    expect(cluster.worker.name).toBe("worker-1");
    member.send(...definitions.submit({ task: 1, fn: (x: number) => x + 1, args: [41], flags: RunFlag.inline }));
    const { inline, nbytes } = await member.finished(1);
    expect(decoded(inline!)).toBe(42);
    expect(nbytes).toBe(inline!.length);
  });

  it("runs a chain on its own, inputs handed from run to run", async () => {
    await using cluster = await joined();
    const { member, definitions } = cluster;
    const inc = (x: number) => x + 1;
    const steps = Array.from({ length: 300 }, (_, step) => ({
      task: step,
      fn: inc,
      args: [step === 0 ? 0 : new Dep(step - 1)],
      flags: step === 299 ? RunFlag.inline : 0,
    }));
    member.send(...definitions.submit(...steps));
    expect(decoded((await member.finished(299)).inline!)).toBe(300);
  });
});
