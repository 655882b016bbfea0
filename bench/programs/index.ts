import type { Program } from "../harness/contender.js";
import { bulk } from "./bulk.js";
import { chain } from "./chain.js";
import { closures } from "./closures.js";
import { dashboard } from "./dashboard.js";
import { dashboardPage } from "./dashboard-page.js";
import { echo } from "./echo.js";
import { flows } from "./flows.js";
import { latency } from "./latency.js";
import { map } from "./map.js";
import { merge } from "./merge.js";
import { million } from "./million.js";
import { objects } from "./objects.js";
import { startup } from "./startup.js";
import { transfer } from "./transfer.js";
import { zero } from "./zero.js";

/** Every benchmark, in the order that `list` prints. */
export const PROGRAMS: readonly Program[] = [
  merge,
  map,
  zero,
  latency,
  chain,
  million,
  transfer,
  objects,
  startup,
  closures,
  flows,
  dashboard,
  dashboardPage,
  echo,
  bulk,
];
