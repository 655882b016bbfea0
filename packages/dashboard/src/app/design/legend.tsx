import type { CSSProperties, ReactElement } from "react";
import { plain } from "./format.js";
import "./small.css";

/** CSS of a group's colour: slots 0 to 7 plain, 8 to 15 the same with a texture, -1 for all others. */
export const categoryColor = (slot: number): string =>
  slot < 0 ? "var(--category-other)" : `var(--category-${slot % 8})`;

export function Swatch({ slot }: { readonly slot: number }): ReactElement {
  const style = { "--swatch": categoryColor(slot) } as CSSProperties;
  return <span className={slot >= 8 ? "swatch textured" : "swatch"} style={style} aria-hidden="true" />;
}

export interface LegendEntry {
  readonly id: number;
  readonly label: string;
  readonly slot: number;
}

/** Names of colours. Hover lifts one out (`onHover(undefined)` when left), click keeps it so; both are optional. */
export function Legend(props: {
  readonly entries: readonly LegendEntry[];
  readonly selected?: ReadonlySet<number>;
  readonly onHover?: (id: number | undefined) => void;
  readonly onToggle?: (id: number) => void;
}): ReactElement {
  const any = (props.selected?.size ?? 0) > 0;
  return (
    <div className="legend" role="group" aria-label="Legend" onMouseLeave={() => props.onHover?.(undefined)}>
      {props.entries.map(({ id, label, slot }) => {
        const on = props.selected?.has(id) ?? false;
        return (
          <button
            type="button"
            key={id}
            className={any && !on ? "legend-item dim" : "legend-item"}
            aria-pressed={on}
            title={plain(label)}
            onMouseEnter={() => props.onHover?.(id)}
            onFocus={() => props.onHover?.(id)}
            onBlur={() => props.onHover?.(undefined)}
            onClick={() => props.onToggle?.(id)}
          >
            <Swatch slot={slot} />
            <span className="truncate">{plain(label)}</span>
          </button>
        );
      })}
    </div>
  );
}
