/** Where this thread's own code lies, compiled or, in tests, as it was written. */
const OWN_DIRECTORY = new URL(".", import.meta.url);

/**
 * Ends the stacks of an error and its causes where the user's code was called: what called it is of no use to its author, and would
 * push out the frames that are.
 */
export function cutOwnFrames(error: Error): void {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if (typeof at.stack !== "string") continue;
    const lines = at.stack.split("\n");
    const first = lines.findIndex(isOwnFrame);
    if (first < 0) continue;
    const stack = lines.slice(0, first).join("\n");
    Object.defineProperty(at, "stack", { value: stack, writable: true, configurable: true });
  }
}

function isOwnFrame(line: string): boolean {
  return /^\s+at /.test(line) && (line.includes(OWN_DIRECTORY.href) || line.includes(OWN_DIRECTORY.pathname));
}
