import { expect, test } from "vitest";
import type { Heartbeat } from "@heddle/protocol";
import { pulseOf } from "../../src/dashboard/pulse.js";
import { TestScheduler, type TestWorker } from "../core/harness.js";

const THREADS = 4;

class Pulsed {
  readonly scheduler = new TestScheduler();
  readonly worker: TestWorker = this.scheduler.worker({ threads: THREADS });
  readonly client = this.scheduler.client();

  /** Gives the worker so many tasks, which all go on. */
  give(count: number): void {
    this.client.submit(Array.from({ length: count }, (_, i) => ({ key: `t${i}` })));
  }

  beat(said: Partial<Heartbeat>): void {
    this.worker.send({
      op: "heartbeat",
      time: 5,
      rss: 0,
      managed: 0,
      spilled: 0,
      cpu: 0,
      executing: 0,
      ready: 0,
      fetching: 0,
      sentBytes: 0,
      receivedBytes: 0,
      bandwidth: [],
      fetched: [],
      ...said,
    });
  }

  get threadsBusy(): number {
    return pulseOf([...this.scheduler.core.inspect.workers()][0]!).threadsBusy;
  }
}

test("threads are busy as soon as they are given tasks, before the worker next says how it is", () => {
  const pulsed = new Pulsed();
  expect(pulsed.threadsBusy).toBe(0);
  pulsed.give(3);
  expect(pulsed.threadsBusy).toBe(3);
});

test("no more threads are busy than there are", () => {
  const pulsed = new Pulsed();
  pulsed.give(40);
  expect(pulsed.threadsBusy).toBe(THREADS);
  pulsed.beat({ executing: 6 });
  expect(pulsed.threadsBusy).toBe(THREADS);
});

test("who waits for inputs is not busy", () => {
  const pulsed = new Pulsed();
  pulsed.give(3);
  pulsed.beat({ fetching: 2 });
  expect(pulsed.threadsBusy).toBe(1);
});

test("a worker that is paused is as busy as it says", () => {
  const pulsed = new Pulsed();
  pulsed.give(3);
  pulsed.worker.send({ op: "status", status: "paused", reason: "memory" });
  expect(pulsed.threadsBusy).toBe(0);
  pulsed.beat({ executing: 2 });
  expect(pulsed.threadsBusy).toBe(2);
});

test("idle again when all has been finished", () => {
  const pulsed = new Pulsed();
  pulsed.give(3);
  pulsed.worker.drain();
  expect(pulsed.threadsBusy).toBe(0);
});
