export type Alignment = "left" | "right";

/**
 * A Markdown table padded so that it reads as well in a terminal, and as Prettier would leave it.
 *
 * @param columns heading and alignment of each column
 * @param rows cells, as many per row as there are columns
 */
export function markdownTable(
  columns: readonly (readonly [heading: string, alignment: Alignment])[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(([heading], column) =>
    Math.max(3, heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${columns
      .map(([, alignment], column) => {
        const cell = cells[column] ?? "";
        return alignment === "right" ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
      })
      .join(" | ")} |`;
  const rule = columns.map(([, alignment], column) =>
    alignment === "right" ? `${"-".repeat(widths[column]! - 1)}:` : "-".repeat(widths[column]!),
  );
  return [line(columns.map(([heading]) => heading)), line(rule), ...rows.map(line)].join("\n");
}

/** A number with three significant digits, or all its digits before the point when there are more. */
export function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}
