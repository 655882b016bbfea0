import type { Program } from "../harness/contender.js";
import { openEcho } from "../yardsticks/echo.js";

export const echo: Program = {
  name: "echo",
  what: "The hops of one task with nothing done at any: client, scheduler, worker, its executor thread and back, over bare ws; 2,000 round trips, one at a time.",
  reps: 5,
  contenders: { bare: () => openEcho(2_000) },
  targets: [],
};
