/** Ctrl-C and SIGTERM: flow runs are cancelled, their history is completed, and then the process ends as the signal would have ended it. */
import type { FlowRun } from "./flow-run.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
type Interrupt = (typeof SIGNALS)[number];

const roots = new Set<FlowRun>();
let received: Interrupt | undefined;

/** Cancels the flow run on a signal, until the function returned is called: when all that is to be kept of the run is kept. */
export function cancelOnInterrupt(flowRun: FlowRun): () => void {
  if (roots.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal);
  roots.add(flowRun);
  return () => {
    if (!roots.delete(flowRun) || roots.size > 0) return;
    // Other listeners mean that the program decides itself what a signal does.
    const isOurs = received !== undefined && process.listenerCount(received) === 1;
    for (const signal of SIGNALS) process.off(signal, onSignal);
    const signal = received;
    received = undefined;
    if (isOurs && signal !== undefined) endBy(signal);
  };
}

function onSignal(signal: NodeJS.Signals): void {
  if (received !== undefined) {
    // A second one: whoever sends it does not want to wait.
    if (process.listenerCount(signal) === 1) endBy(received);
    return;
  }
  received = signal as Interrupt;
  for (const root of roots) root.cancel();
}

/**
 * What the program does with a rejected call comes first: it may say why it ends, and tidy up as far as that takes no time. If it does
 * nothing with it, Node ends it for that; then it is the signal all the same that others see.
 */
function endBy(signal: Interrupt): void {
  for (const name of SIGNALS) process.off(name, onSignal);
  const end = (): void => void process.kill(process.pid, signal);
  process.once("exit", end);
  setImmediate(end);
}
