/** Tables with aligned columns for a terminal. */

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number;
  /** Default: numbers to the right, text to the left. */
  readonly align?: "left" | "right";
}

/**
 * Lines of text: a head, a rule, and one line per row. Numbers are written as they are in English (12,345); to have digits after the
 * point, give text.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = columns.map((column) => {
    const values = rows.map((row) => column.value(row));
    const right =
      column.align === undefined ? values.every((value) => typeof value === "number") : column.align === "right";
    const texts = values.map((value) => (typeof value === "number" ? value.toLocaleString("en-US") : value));
    const width = Math.max(column.title.length, ...texts.map((text) => text.length));
    const fit = (text: string): string => (right ? text.padStart(width) : text.padEnd(width));
    return { title: fit(column.title), rule: "─".repeat(width), texts: texts.map(fit) };
  });
  const line = (parts: readonly string[], gap = "  "): string => `  ${parts.join(gap)}`.trimEnd();
  return [
    line(cells.map((column) => column.title)),
    line(cells.map((column) => column.rule)),
    ...rows.map((_, row) => line(cells.map((column) => column.texts[row] ?? ""))),
  ].join("\n");
}
