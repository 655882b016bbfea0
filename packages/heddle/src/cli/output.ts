/** Printing: tables for people, JSON for programs. */

/** Prints a value as JSON, one line per top-level change being of no use to programs: indented, for `jq` and eyes alike. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function printLine(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Colours a padded cell; the headings are row -1. */
export type Paint = (cell: string, row: number, column: number) => string;

/** Prints rows under headings, columns aligned; numbers to the right. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  paint: Paint = (cell) => cell,
): void {
  const cells = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map(String))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const numeric = headings.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  for (const [index, row] of cells.entries()) {
    const last = row.findLastIndex((cell) => cell !== "");
    const line = row.slice(0, last + 1).map((cell, column) => {
      const padded = numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
      return paint(column === last ? padded.trimEnd() : padded, index - 1, column);
    });
    printLine(line.join("  "));
  }
}

/** "1.2 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = bytes;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/**
 * Text from a cluster is not ours: control characters, and those that turn the direction of writing, are shown and not obeyed.
 */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
