/** What was thrown, in words. It may be anything, and looking at it may throw in its turn: a proxy, a getter, an object of no class. */
export function inWords(thrown: unknown): string {
  return read(() => String(thrown));
}

/** What an error says; anything else in words. */
export function messageOf(thrown: unknown): string {
  return read(() => String(thrown instanceof Error ? thrown.message : thrown));
}

/** The same with the error's name. */
export function namedMessageOf(thrown: unknown): string {
  return read(() => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)));
}

function read(text: () => string): string {
  try {
    return text();
  } catch {
    return "a value that cannot be shown";
  }
}
