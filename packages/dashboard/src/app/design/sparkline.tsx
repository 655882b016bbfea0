import type { ReactElement } from "react";
import "./small.css";

/** A series without axes. `label` says in words what it shows; the scale begins at 0 and ends at `max` or the largest value. */
export function Sparkline(props: {
  readonly values: readonly number[];
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
  readonly max?: number;
}): ReactElement {
  const { values, width = 160, height = 32 } = props;
  const max = props.max ?? Math.max(1e-9, ...values);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const points = values.map((value, index) => {
    const y = height - 1 - (Math.min(value, max) / max) * (height - 2);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const line = points.length > 0 ? `M${points.join("L")}` : "";
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={props.label}
    >
      {line !== "" && <path className="area" d={`${line}L${width},${height}L0,${height}Z`} />}
      {line !== "" && <path className="line" d={line} />}
    </svg>
  );
}
