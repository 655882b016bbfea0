/** Longest part of another program's words that goes into an error's message. */
const LONGEST = 500;

/**
 * What an error says, in one line: its words and its code. `fetch` and connections to several addresses say nothing by themselves, and
 * why in an error inside.
 */
export function reasonOf(error: unknown): string {
  const told = telling(error);
  if (!(told instanceof Error)) return shortened(String(told));
  const { code = told.name } = told as NodeJS.ErrnoException;
  const words = told.message === "" || told.message === "UnknownError" ? "" : shortened(told.message);
  if (words === "") return String(code);
  return NAMES_OF_NOTHING.has(code) || words.includes(code) ? words : `${words} (${code})`;
}

const NAMES_OF_NOTHING: ReadonlySet<string> = new Set(["Error", "TypeError", "AggregateError"]);

function telling(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [first] = (error as { readonly errors?: readonly unknown[] }).errors ?? [];
  if (first !== undefined) return telling(first);
  return error.message === "fetch failed" && error.cause !== undefined ? telling(error.cause) : error;
}

/** One line, and not a page. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
