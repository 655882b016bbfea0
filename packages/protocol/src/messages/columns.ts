/**
 * Messages that concern many tasks carry columns: one typed array per field, one row per task. An integer costs about ten
 * nanoseconds to encode that way, a small object five hundred.
 */

/** One value per row, or one number when every row has the same. */
export type Column = Int32Array | number;

/** The value of a column at a row. */
export function at(column: Column, row: number): number {
  return typeof column === "number" ? column : column[row]!;
}

/** A column as an iterator of offsets: where each row of a byte column begins, from the column of its lengths. */
export function offsetsOf(lengths: Column, rows: number): Int32Array {
  const offsets = new Int32Array(rows + 1);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    offsets[row] = sum;
    const length = at(lengths, row);
    if (length > 0) sum += length;
  }
  offsets[rows] = sum;
  return offsets;
}
