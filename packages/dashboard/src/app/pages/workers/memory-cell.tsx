import type { CSSProperties, ReactElement } from "react";
import type { MemoryUse } from "@heddle/protocol/dashboard";
import { formatBytes, formatPercent } from "../../design/format.js";

/** Shares of the limit at which a worker spills, spills harder, pauses, and is ended. */
const THRESHOLDS = [0.6, 0.7, 0.8, 0.95];

/** A worker's memory against its limit, with the marks at which it does something about it. */
export function MemoryCell({ memory }: { readonly memory: MemoryUse }): ReactElement {
  const whole = Math.max(memory.limit, memory.rss, 1);
  const words =
    memory.limit > 0
      ? `${formatBytes(memory.rss)} of ${formatBytes(memory.limit)} (${formatPercent(memory.rss / memory.limit)}), results ${formatBytes(memory.managed)}, on disk ${formatBytes(memory.spilled)}`
      : formatBytes(memory.rss);
  const full = memory.limit > 0 && memory.rss / memory.limit > 0.8;
  return (
    <div className="memory-cell" title={words}>
      <div className={full ? "memory-cell-bar full" : "memory-cell-bar"} role="img" aria-label={`Memory ${words}`}>
        <span
          className="memory-managed"
          style={{ "--share": Math.min(memory.managed, memory.rss) / whole } as CSSProperties}
        />
        <span
          className="memory-other"
          style={{ "--share": Math.max(0, memory.rss - memory.managed) / whole } as CSSProperties}
        />
        {THRESHOLDS.map((at) => (
          <i key={at} style={{ left: `${at * 100}%` }} />
        ))}
      </div>
      <span>{formatBytes(memory.rss)}</span>
    </div>
  );
}
