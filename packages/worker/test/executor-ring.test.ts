import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RECORD_HEADER, RingReader, RingWriter, allocateRing } from "../src/executor/byte-ring.js";
import { RunLedger, Stop } from "../src/executor/run-ledger.js";
import { RunSlots, SlotState, allocateSlots } from "../src/executor/run-slots.js";

function ring(capacity: number): { writer: RingWriter; reader: RingReader } {
  const memory = allocateRing(capacity);
  return { writer: new RingWriter(memory), reader: new RingReader(memory) };
}

function write(writer: RingWriter, kind: number, payload: Uint8Array): boolean {
  const at = writer.reserve(kind, payload.length);
  if (at < 0) return false;
  expect(at % 8).toBe(0);
  writer.bytes.set(payload, at);
  writer.commit();
  writer.publish();
  return true;
}

describe("the ring between two threads", () => {
  it("gives back what was written, in order, however it wraps around", () => {
    const step = fc.oneof(
      fc.record({ write: fc.uint8Array({ maxLength: 60 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { writer, reader } = ring(256);
        const expected: { kind: number; payload: Uint8Array }[] = [];
        let kind = 0;
        for (const each of steps) {
          if ("write" in each) {
            if (write(writer, ++kind, each.write)) expected.push({ kind, payload: each.write });
          } else {
            for (let n = 0; n < each.read; n++) {
              const at = reader.next();
              const next = expected.shift();
              expect(at < 0).toBe(next === undefined);
              if (next === undefined) break;
              const payload = new Uint8Array(reader.bytes.subarray(at, at + reader.length));
              expect({ kind: reader.kind, payload }).toEqual(next);
            }
            reader.release();
          }
        }
      }),
    );
  });

  it("refuses what does not fit, and takes it when there is room", () => {
    const { writer, reader } = ring(256);
    const payload = new Uint8Array(64 - RECORD_HEADER);
    for (let i = 0; i < 4; i++) expect(write(writer, i, payload)).toBe(true);
    expect(write(writer, 4, payload)).toBe(false);
    expect(reader.next()).toBeGreaterThanOrEqual(0);
    reader.release();
    expect(write(writer, 4, payload)).toBe(true);
  });

  it("lets a reader sleep only when there is nothing, and has one writer wake it", () => {
    const { writer, reader } = ring(256);
    expect(reader.sleep()).toBe(true);
    expect(write(writer, 1, Uint8Array.of(1))).toBe(true);
    expect([writer.takeSleep(), writer.takeSleep()]).toEqual([true, false]);
    expect(reader.sleep()).toBe(false);
    reader.next();
    expect(reader.sleep()).toBe(true);
  });
});

describe("the slots of a thread", () => {
  it("go to another run at once when theirs has ended, and only when the thread has passed it when it was revoked", () => {
    const slots = new RunSlots(allocateSlots(2));
    const ledger = new RunLedger(slots);
    const first = ledger.add(1, 1, 0);
    const second = ledger.add(2, 1, 0);
    expect(() => ledger.add(3, 1, 0)).toThrow(RangeError);
    expect(slots.revoke(first)).toBe(true);
    ledger.remove(first);
    expect(() => ledger.add(3, 1, 0)).toThrow(RangeError);
    expect(slots.begin(first)).toBe(false);
    expect(ledger.add(3, 1, 0)).toBe(first);
    expect(slots.begin(second)).toBe(true);
    expect(slots.revoke(second)).toBe(false);
    ledger.remove(second);
    expect(ledger.add(4, 1, 0)).toBe(second);
    expect([ledger.find(3, 1), ledger.find(4, 1), ledger.find(2, 1), ledger.size]).toEqual([first, second, -1, 2]);
  });

  it("know which runs are over their timeout, and which over their grace", () => {
    const slots = new RunSlots(allocateSlots(4));
    const ledger = new RunLedger(slots);
    const slot = ledger.add(1, 1, 100);
    expect(ledger.expired(1e9)).toEqual([]);
    slots.begin(slot);
    slots.startedAt[slot] = performance.timeOrigin + 50;
    expect(ledger.expired(149)).toEqual([]);
    expect(ledger.expired(151)).toEqual([slot]);
    ledger.stop(slot, Stop.expired, 200);
    expect(slots.state(slot)).toBe(SlotState.expired);
    expect([ledger.expired(300), ledger.overdue(199), ledger.overdue(200)]).toEqual([[], [], [slot]]);
    ledger.stop(slot, Stop.cancelled, 190);
    expect(ledger.stops[slot]).toBe(Stop.expired);
    expect(ledger.overdue(191)).toEqual([slot]);
    ledger.remove(slot);
    expect(ledger.overdue(1e9)).toEqual([]);
  });
});
