import type { Program } from "../harness/contender.js";
import { openBulk } from "../yardsticks/bulk.js";

export const bulk: Program = {
  name: "bulk",
  what: "64 MiB from one process to another over bare ws in frames of 1 MiB: the first time, and again into the same memory.",
  reps: 5,
  contenders: { bare: async () => openBulk(64, 10) },
  targets: [],
};
