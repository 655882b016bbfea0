import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bag } from "../graphs/bag.js";
import { DaskPeer } from "./peer.js";
import { findPython } from "./python.js";

describe("findPython", () => {
  it("takes the one that is named and no other", () => {
    expect(findPython({ HEDDLE_BENCH_PYTHON: "/nowhere/python" })).toEqual({
      missing: "HEDDLE_BENCH_PYTHON is /nowhere/python, which cannot import distributed",
    });
  });
});

describe.skipIf("missing" in findPython())("Dask", () => {
  it("runs every operation, and leaves no process behind", async () => {
    const peer = DaskPeer.start();
    let pids: number[] = [];
    try {
      const { schedulerPid, workerPids } = await peer.open(2);
      pids = [schedulerPid, ...workerPids];
      expect(new Set(pids).size).toBe(3);
      for (const { seconds } of [
        await peer.merge(20),
        await peer.merge(20),
        await peer.map(20),
        await peer.tree(4),
        await peer.chain(5),
        await peer.graph(bag(2)),
        await peer.transfer(1),
      ]) {
        expect(seconds).toBeGreaterThan(0);
      }
      expect(await peer.latency(3)).toHaveLength(3);
    } finally {
      await peer.close();
    }
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    await expect(peer.merge(1)).rejects.toThrow("ended");
  });

  it("passes on what went wrong over there, and goes on", async () => {
    const peer = DaskPeer.start();
    try {
      await expect(peer.merge(1)).rejects.toThrow(/Dask could not do "merge": AttributeError/);
      await peer.open(1);
      await expect(peer.merge(1)).resolves.toHaveProperty("seconds");
    } finally {
      await peer.close();
    }
  });
});
