import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, ReactElement, ReactNode } from "react";
import { Icon } from "./icon.js";
import { compareNames } from "./name-order.js";
import "./table.css";

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** What the header means, under the pointer. */
  readonly tip?: string;
  /** A track of a CSS grid: `120px`, `minmax(80px, 2fr)`. */
  readonly width: string;
  /** end: numbers. */
  readonly align?: "start" | "end";
  readonly cell: (row: Row) => ReactNode;
  /** What to sort by; without it the column cannot be sorted by. Numbers sort from large to small first. */
  readonly sortBy?: (row: Row) => number | string;
}

interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

export interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string | number;
  /** Sorting at first; absent: the order of `rows`. */
  readonly sort?: Sort;
  readonly selected?: string | number | undefined;
  /** Click, or Enter on the row. */
  readonly onOpen?: (row: Row) => void;
  /** In place of rows when there are none. */
  readonly empty?: ReactNode;
  /** Pixels; the token `--row` at first. */
  readonly rowHeight?: number;
}

const ROW = 28;
/** Rows kept ready above and below what is seen. */
const MARGIN = 8;

/** Any number of rows of one height: only those in sight are in the document, and scrolling gives their elements other rows. */
export function Table<Row>(props: TableProps<Row>): ReactElement {
  const { columns, rowId, onOpen, rowHeight = ROW } = props;
  const [sort, setSort] = useState(props.sort);
  const rows = useMemo(() => sorted(props.rows, columns, sort), [props.rows, columns, sort]);
  const scroll = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  useLayoutEffect(() => {
    const element = scroll.current!;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN);
  const pool = Math.ceil(height / rowHeight) + 2 * MARGIN;
  const last = Math.min(rows.length, first + pool);
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };

  const move = (event: KeyboardEvent<HTMLDivElement>, index: number): void => {
    if (event.key === "Enter" && onOpen) {
      if (event.target === event.currentTarget) onOpen(rows[index]!);
      return;
    }
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    focusRow(scroll.current!, Math.min(rows.length - 1, Math.max(0, index + step)), rowHeight);
  };

  const drawn: ReactElement[] = [];
  for (let index = first; index < last; index++) {
    const row = rows[index]!;
    const id = rowId(row);
    drawn.push(
      <div
        // By place in the pool, not by row: an element that leaves at one end is the one that enters at the other.
        key={index % pool}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={props.selected === undefined ? undefined : id === props.selected}
        data-index={index}
        tabIndex={index === first || id === props.selected ? 0 : -1}
        className={onOpen ? "table-row active" : "table-row"}
        style={{ ...template, height: rowHeight, transform: `translateY(${index * rowHeight}px)` }}
        onClick={onOpen && (() => onOpen(row))}
        onKeyDown={(event) => move(event, index)}
      >
        {columns.map((column) => (
          <div key={column.id} role="cell" className={column.align === "end" ? "table-cell end" : "table-cell"}>
            {column.cell(row)}
          </div>
        ))}
      </div>,
    );
  }

  return (
    <div className="table" role="table" aria-label={props.label} aria-rowcount={rows.length + 1}>
      <div role="rowgroup">
        <div className="table-header" role="row" aria-rowindex={1} style={template}>
          {columns.map((column) => (
            <HeaderCell key={column.id} column={column} sort={sort} onSort={setSort} />
          ))}
        </div>
      </div>
      <div className="table-scroll" ref={scroll} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        {rows.length === 0 && props.empty}
        <div className="table-canvas" role="rowgroup" style={{ height: rows.length * rowHeight }}>
          {drawn}
        </div>
      </div>
    </div>
  );
}

function HeaderCell<Row>(props: {
  readonly column: Column<Row>;
  readonly sort: Sort | undefined;
  readonly onSort: (sort: Sort | undefined) => void;
}): ReactElement {
  const { column, sort, onSort } = props;
  const by = column.sortBy;
  const className = column.align === "end" ? "table-cell end" : "table-cell";
  if (!by)
    return (
      <div role="columnheader" className={className} title={column.tip}>
        {column.header}
      </div>
    );
  const active = sort?.column === column.id ? sort : undefined;
  const next = (): Sort => ({ column: column.id, descending: active ? !active.descending : column.align === "end" });
  const order = active ? (active.descending ? "descending" : "ascending") : "none";
  return (
    <div role="columnheader" className={className} title={column.tip} aria-sort={order}>
      <button type="button" onClick={() => onSort(next())}>
        <span className="truncate">{column.header}</span>
        {active && <Icon name={active.descending ? "down" : "up"} size={12} />}
      </button>
    </div>
  );
}

function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | undefined): readonly Row[] {
  const by = columns.find((column) => column.id === sort?.column)?.sortBy;
  if (!sort || !by) return rows;
  const sign = sort.descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: by(row) }))
    .sort(
      (a, b) =>
        sign *
        (typeof a.value === "number" && typeof b.value === "number" ? a.value - b.value : compare(a.value, b.value)),
    )
    .map(({ row }) => row);
}

const compare = (a: number | string, b: number | string): number => compareNames(String(a), String(b));

/** Brings a row into sight, which may draw it only at the next frame, and focuses it. */
function focusRow(scroll: HTMLDivElement, index: number, rowHeight: number): void {
  const top = index * rowHeight;
  if (top < scroll.scrollTop) scroll.scrollTop = top;
  else if (top + rowHeight > scroll.scrollTop + scroll.clientHeight)
    scroll.scrollTop = top + rowHeight - scroll.clientHeight;
  requestAnimationFrame(() =>
    scroll.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true }),
  );
}
