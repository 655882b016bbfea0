import { describe, expect, it } from "vitest";
import { Leases } from "../../src/core/leases.js";
import { TestScheduler, type TestClient } from "./harness.js";

const acquire = (
  lease: number,
  name: string,
  limit: number,
  rest: { slots?: number; held?: boolean; task?: number } = {},
) => ({ op: "acquire", lease, name, limit, slots: 1, held: false, ...rest }) as const;

function table() {
  const granted: string[] = [];
  const leases = new Leases((client, lease) => granted.push(`${client}:${lease}`));
  return { leases, granted };
}

describe("leases", () => {
  it("are granted up to the limit, then in the order asked for, each when one comes back", () => {
    const { leases, granted } = table();
    for (const lease of [1, 2, 3]) leases.acquire(0, acquire(lease, "db", 2));
    leases.acquire(1, acquire(1, "db", 2));
    expect(granted).toEqual(["0:1", "0:2"]);
    leases.release(0, 2);
    expect(granted).toEqual(["0:1", "0:2", "0:3"]);
    leases.release(0, 3);
    leases.release(0, 3);
    expect(granted.at(-1)).toBe("1:1");
    expect(leases.overview()).toEqual([{ name: "db", limit: 2, used: 2, waiting: 0 }]);
  });

  it("of other names do not wait for each other", () => {
    const { leases, granted } = table();
    leases.acquire(0, acquire(1, "db", 1));
    leases.acquire(0, acquire(2, "gpu", 1));
    expect(granted).toEqual(["0:1", "0:2"]);
  });

  it("of several slots wait until all are there, and are not overtaken; of more than the limit until they are alone", () => {
    const { leases, granted } = table();
    leases.acquire(0, acquire(1, "db", 2));
    leases.acquire(0, acquire(2, "db", 2, { slots: 2 }));
    leases.acquire(0, acquire(3, "db", 2));
    leases.acquire(0, acquire(4, "db", 2, { slots: 9 }));
    expect(granted).toEqual(["0:1"]);
    leases.release(0, 1);
    expect(granted).toEqual(["0:1", "0:2"]);
    leases.release(0, 2);
    leases.release(0, 3);
    expect(granted).toEqual(["0:1", "0:2", "0:3", "0:4"]);
  });

  it("that are waited for can be given up, and names that nobody uses are forgotten", () => {
    const { leases, granted } = table();
    leases.acquire(0, acquire(1, "db", 1));
    leases.acquire(0, acquire(2, "db", 1, { slots: 5 }));
    leases.acquire(0, acquire(3, "db", 2));
    leases.release(0, 2);
    expect(granted).toEqual(["0:1", "0:3"]);
    leases.clientGone(0);
    expect(leases.overview()).toEqual([]);
  });

  it("held on an earlier connection are out at once, whatever the limit", () => {
    const { leases, granted } = table();
    leases.acquire(1, acquire(1, "db", 1));
    leases.acquire(2, acquire(7, "db", 1, { held: true }));
    leases.acquire(1, acquire(2, "db", 1));
    leases.release(1, 1);
    expect(granted).toEqual(["1:1", "2:7"]);
    leases.release(2, 7);
    expect(granted.at(-1)).toBe("1:2");
  });

  it("end with the task they were taken in", () => {
    const { leases, granted } = table();
    leases.acquire(0, acquire(1, "db", 1, { task: 5 }));
    leases.acquire(0, acquire(2, "db", 1, { task: 6 }));
    expect(leases.hasTasks).toBe(true);
    leases.taskOver(5);
    expect(granted).toEqual(["0:1", "0:2"]);
    leases.taskOver(6);
    expect(leases.hasTasks).toBe(false);
  });
});

describe("leases of clients and tasks", () => {
  const grants = (client: TestClient): number[] =>
    client.news.flatMap((message) => (message.op === "granted" ? [message.lease] : []));

  it("come back with goodbye at once, with a broken connection after the grace", () => {
    const scheduler = new TestScheduler({ clientGrace: 1000 });
    const [polite, broken, patient] = [scheduler.client(), scheduler.client(), scheduler.client()];
    polite.send(acquire(1, "db", 1));
    broken.send(acquire(1, "db", 1));
    patient.send(acquire(1, "db", 1));
    polite.send({ op: "goodbye" });
    expect(grants(broken)).toEqual([1]);
    broken.leave();
    scheduler.later(500);
    expect(grants(patient)).toEqual([]);
    scheduler.later(600);
    expect(grants(patient)).toEqual([1]);
  });

  it("stay with a client that comes back", () => {
    const scheduler = new TestScheduler();
    const before = scheduler.client("me");
    const other = scheduler.client("other");
    before.send(acquire(1, "db", 1));
    other.send(acquire(1, "db", 1));
    before.leave();
    const after = scheduler.client("me");
    after.send(acquire(1, "db", 1, { held: true }));
    after.send({ op: "synced" });
    expect(grants(other)).toEqual([]);
    after.send({ op: "release", lease: 1 });
    expect(grants(other)).toEqual([1]);
  });

  it("come back when the run they were taken in ends, or its worker does", () => {
    const scheduler = new TestScheduler();
    const worker = scheduler.worker();
    const client = scheduler.client();
    const inTask = scheduler.client("in-task", 1);
    client.submit([{ key: "a" }, { key: "b", deps: ["a"] }]);
    inTask.send(acquire(1, "db", 1, { task: worker.runs.get("a")!.task }));
    client.send(acquire(1, "db", 1));
    expect(grants(client)).toEqual([]);
    worker.finish(["a"]);
    expect(grants(client)).toEqual([1]);
    client.send({ op: "release", lease: 1 });
    inTask.send(acquire(2, "db", 1, { task: worker.runs.get("b")!.task }));
    client.send(acquire(2, "db", 1));
    worker.die();
    expect(grants(client)).toEqual([1, 2]);
  });
});
