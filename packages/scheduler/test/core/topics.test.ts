import { describe, expect, it } from "vitest";
import { at } from "@heddle/protocol";
import { TestScheduler, type TestClient } from "./harness.js";

const text = new TextEncoder();
const publish = (topic: string, events: string) => ({ op: "publish", topic, events: text.encode(events) }) as const;

/** Op, or what was published, in the order in which the client heard it. */
function heard(client: TestClient): string[] {
  return client.news.map((message) =>
    message.op === "published" ? Buffer.from(message.events).toString() : message.op,
  );
}

describe("topics", () => {
  it("reach the clients that listen, before the end of the run they are about", () => {
    const scheduler = new TestScheduler();
    const worker = scheduler.worker();
    const listener = scheduler.client();
    const other = scheduler.client();
    listener.send({ op: "subscribe", topics: ["run-1"] });
    listener.submit([{ key: "a" }]);
    worker.send(publish("run-1", "hello"));
    worker.finish(["a"]);
    expect(heard(listener)).toEqual(["hello", "finished"]);
    expect(listener.news[0]).toMatchObject({ worker: "w0", topic: "run-1" });
    expect(heard(other)).toEqual([]);
    // Those of workers come back through the client that listens.
    expect(scheduler.runEvents).toEqual([]);
  });

  it("of clients reach other clients and the shell, not their publisher", () => {
    const scheduler = new TestScheduler();
    const publisher = scheduler.client();
    const listener = scheduler.client();
    for (const client of [publisher, listener]) client.send({ op: "subscribe", topics: ["run-1"] });
    publisher.send(publish("run-1", "begun"));
    publisher.send(publish("run-1", "done"));
    expect(heard(listener)).toEqual(["begun", "done"]);
    expect(heard(publisher)).toEqual([]);
    expect(scheduler.runEvents.map(({ events }) => events)).toEqual(["begun", "done"]);
  });

  it("that nobody listens to, any more or yet, are dropped", () => {
    const scheduler = new TestScheduler();
    const worker = scheduler.worker();
    const client = scheduler.client();
    worker.send(publish("run-1", "too early"));
    client.send({ op: "subscribe", topics: ["run-1", "run-2"] });
    client.send({ op: "unsubscribe", topics: ["run-1"] });
    worker.send(publish("run-1", "too late"));
    client.leave();
    worker.send(publish("run-2", "gone"));
    scheduler.client().send(publish("run-2", "gone"));
    expect(heard(client)).toEqual([]);
    expect(scheduler.runEvents).toEqual([]);
  });
});

describe("when and where runs were made", () => {
  it("is told with the result", () => {
    const scheduler = new TestScheduler();
    scheduler.worker();
    const worker = scheduler.worker();
    const client = scheduler.client();
    client.submit([{ key: "a", options: { workers: ["w1"] } }]);
    worker.finish(["a"], { busy: 250, startedAt: 1234 });
    const [finished] = client.news;
    expect(finished).toMatchObject({ op: "finished", startedAt: Float64Array.of(1234), took: Float64Array.of(250) });
    expect(finished?.op === "finished" && at(finished.workers, 0)).toBe(1);
  });

  it("is told of long runs while they last, and of no older run than the current", () => {
    const scheduler = new TestScheduler();
    const worker = scheduler.worker();
    const client = scheduler.client();
    client.submit([{ key: "a" }]);
    const { task, run } = worker.runs.get("a")!;
    const begun = (which: number) =>
      worker.send({
        op: "begun",
        tasks: Int32Array.of(task),
        runs: Int32Array.of(which),
        threads: 0,
        startedAt: Float64Array.of(9),
      });
    begun(run - 1);
    expect(client.news).toEqual([]);
    begun(run);
    expect(client.news).toMatchObject([{ op: "begun", startedAt: Float64Array.of(9), workers: 0 }]);
  });

  it("ends the retries of a task that wants no further attempt", () => {
    const scheduler = new TestScheduler();
    const worker = scheduler.worker();
    const client = scheduler.client();
    client.submit([{ key: "a", options: { retries: 5 } }]);
    worker.fail("a");
    expect(client.heard.get("a")).toBeUndefined();
    worker.fail("a", { isFinal: true });
    expect(client.heard.get("a")).toBe("erred");
    expect(client.failures.get("a")?.data).toMatchObject({ attempts: 2, worker: "w0" });
  });
});
