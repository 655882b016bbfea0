import type { Decimal } from "decimal.js";

/** "12.50" of a price or an exact sum. */
export const money = (amount: Decimal | string): string => Number(amount).toFixed(2);

/** Two columns, the second flush right. */
export function inColumns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left = "", right = ""]) => left.length + right.length)) + 2;
  return rows.map(([left = "", right = ""]) => left + right.padStart(width - left.length)).join("\n");
}
