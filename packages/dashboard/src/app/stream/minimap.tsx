import { useRef } from "react";
import type { PointerEvent, ReactElement } from "react";
import type { Minimap as Buckets } from "@heddle/protocol/dashboard";
import { getJson } from "../api/client.js";
import { useQuery } from "../api/use-query.js";
import { formatDuration } from "../design/format.js";
import { schedulerNow } from "../store/store.js";
import { currentRange, setTimeView, useTimeView } from "../time/time-range.js";

const WIDTH = 1000;
const HEIGHT = 36;
const REFRESH = 2000;

/** All recorded time: how busy it was, where it failed, and which part of it is in sight. Press or drag to look elsewhere. */
export function Minimap(): ReactElement {
  const view = useTimeView();
  const query = useQuery("minimap", (signal) => getJson<Buckets>("minimap", signal), REFRESH);
  const box = useRef<SVGSVGElement>(null);
  const { from = 0, to = 0, busy = [], errors = [] } = query.data ?? {};
  const until = view.kind === "follow" ? Math.max(to, schedulerNow()) : to;
  const span = Math.max(1, until - from);
  const x = (time: number): number => ((time - from) / span) * WIDTH;
  const step = ((to - from) / span / Math.max(1, busy.length)) * WIDTH;
  const area = busy
    .map((part, index) => `L${(index * step).toFixed(1)},${(HEIGHT - part * (HEIGHT - 4)).toFixed(1)}`)
    .join("");
  const [left, right] = currentRange().map(x) as [number, number];
  const look = (event: PointerEvent): void => {
    if (event.buttons !== 1 || to === 0) return;
    const place = box.current!.getBoundingClientRect();
    const time = from + ((event.clientX - place.left) / place.width) * span;
    const [start, end] = currentRange();
    setTimeView({ kind: "fixed", from: time - (end - start) / 2, to: time + (end - start) / 2 });
  };
  return (
    <svg
      ref={box}
      className="minimap"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`All recorded time, ${formatDuration(span)}: how busy the threads were`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        look(event);
      }}
      onPointerMove={look}
    >
      {busy.length > 0 && <path className="minimap-busy" d={`M0,${HEIGHT}${area}L${busy.length * step},${HEIGHT}Z`} />}
      {errors.map((count, index) =>
        count > 0 ? (
          <rect key={index} className="minimap-error" x={index * step} y="0" width={Math.max(1.5, step)} height="5" />
        ) : null,
      )}
      <rect className="minimap-view" x={left} y="0.5" width={Math.max(2, right - left)} height={HEIGHT - 1} />
    </svg>
  );
}
