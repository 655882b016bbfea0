/**
 * The real cores of scheduler, workers and clients on a virtual clock and a virtual network, with trouble drawn from a seed.
 *
 * ```ts
 * import { play } from "@heddle/simulator";
 *
 * const outcome = play(42);
 * if (outcome.violation !== undefined) throw outcome.violation;
 * ```
 *
 * @packageDocumentation
 */
export { play, type Outcome } from "./scenario.js";
export { Violation } from "./judge.js";
