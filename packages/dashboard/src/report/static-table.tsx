import { useMemo, useState } from "react";
import type { ReactElement } from "react";
import type { Column } from "../app/design/table.js";
import { formatCount } from "../app/design/format.js";
import { Icon } from "../app/design/icon.js";
import { compareNames } from "../app/design/name-order.js";

/** Rows in the document until all are asked for. */
const SHOWN = 50;

interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** A table that stands in the page as it is: to be read, searched, copied and printed. Sorted by what is clicked. */
export function StaticTable<Row>(props: {
  readonly label: string;
  readonly columns: readonly Omit<Column<Row>, "width">[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
  /** One that a link points at. */
  readonly marked?: string | undefined;
}): ReactElement {
  const { columns, rowId, marked } = props;
  const [sort, setSort] = useState<Sort>();
  const [all, setAll] = useState(false);
  const rows = useMemo(() => sorted(props.rows, columns, sort), [props.rows, columns, sort]);
  // The one that is meant may be one of the last.
  const shown = all || rows.length <= SHOWN || marked !== undefined ? rows : rows.slice(0, SHOWN);
  return (
    <div className="report-table">
      <div className="report-scroll" tabIndex={0} role="group" aria-label={`${props.label}, as a table`}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => {
                const active = sort?.column === column.id ? sort : undefined;
                const next = { column: column.id, descending: active ? !active.descending : column.align === "end" };
                const order = active ? (active.descending ? "descending" : "ascending") : undefined;
                return (
                  <th key={column.id} scope="col" className={column.align} aria-sort={order}>
                    {column.sortBy ? (
                      <button type="button" onClick={() => setSort(next)}>
                        {column.header}
                        {active && <Icon name={active.descending ? "down" : "up"} size={12} />}
                      </button>
                    ) : (
                      column.header
                    )}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={rowId(row)} id={rowId(row)} className={rowId(row) === marked ? "marked" : undefined}>
                {columns.map((column) => (
                  <td key={column.id} className={column.align}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length && (
        <button type="button" className="button quiet report-more" onClick={() => setAll(true)}>
          Show all {formatCount(rows.length)}
        </button>
      )}
    </div>
  );
}

function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Omit<Column<Row>, "width">[],
  sort: Sort | undefined,
): readonly Row[] {
  const by = columns.find((column) => column.id === sort?.column)?.sortBy;
  if (!sort || !by) return rows;
  const sign = sort.descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: by(row) }))
    .sort(({ value: a }, { value: b }) =>
      typeof a === "number" && typeof b === "number" ? sign * (a - b) : sign * compareNames(`${a}`, `${b}`),
    )
    .map(({ row }) => row);
}
