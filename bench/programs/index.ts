import type { Program } from "../harness/contender.js";
import { bulk } from "./bulk.js";
import { echo } from "./echo.js";

/** Every benchmark, in the order that `list` prints. */
export const PROGRAMS: readonly Program[] = [echo, bulk];
