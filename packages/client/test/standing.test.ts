import { expect, it } from "vitest";
import type { ClientToScheduler } from "@heddle/protocol";
import { ClientCore } from "../src/core/client-core.js";
import type { ClientEvent, ClientInstruction } from "../src/core/events.js";

function core() {
  const client = new ClientCore();
  const sent: ClientToScheduler[] = [];
  const others: ClientInstruction[] = [];
  const feed = (event: ClientEvent): void => {
    for (const instruction of client.handle(event, 0))
      if (instruction.type === "send") sent.push(instruction.message);
      else others.push(instruction);
  };
  return { feed, others, take: (): ClientToScheduler[] => sent.splice(0) };
}
const request = (lease: number) => ({ lease, name: "db", limit: 1, slots: 1 });

it("listens and waits for leases on every connection, those it holds first", () => {
  const { feed, take, others } = core();
  feed({ type: "subscribe", topic: "early" });
  feed({ type: "connected", epoch: "e1" });
  expect(take()).toEqual([{ op: "subscribe", topics: ["early"] }]);
  feed({ type: "subscribe", topic: "gone" });
  feed({ type: "unsubscribe", topic: "gone" });
  feed({ type: "acquire", request: request(1) });
  feed({ type: "acquire", request: request(2) });
  feed({ type: "acquire", request: request(3) });
  feed({ type: "releaseLease", lease: 3 });
  feed({ type: "message", message: { op: "granted", lease: 2 } });
  expect(others).toEqual([{ type: "granted", lease: 2 }]);
  take();
  feed({ type: "disconnected" });
  feed({ type: "publish", topic: "early", events: new Uint8Array(1) });
  feed({ type: "connected", epoch: "e2" });
  expect(take().filter(({ op }) => op !== "synced")).toEqual([
    { op: "subscribe", topics: ["early"] },
    { op: "acquire", ...request(2), held: true },
    { op: "acquire", ...request(1), held: false },
  ]);
  // It is told again what it has.
  feed({ type: "message", message: { op: "granted", lease: 2 } });
  expect(others).toHaveLength(1);
});
