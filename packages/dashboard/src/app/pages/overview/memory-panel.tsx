import type { CSSProperties, ReactElement } from "react";
import { formatBytes, formatPercent } from "../../design/format.js";
import { Panel } from "../../design/panel.js";
import { useCluster } from "../../store/store.js";

/** What the workers' memory is full of, against its limit. */
export function MemoryPanel(): ReactElement {
  const memory = useCluster((state) => state.totals?.memory);
  if (!memory) return <Panel title="Memory" loading />;
  const other = Math.max(0, memory.rss - memory.managed);
  const whole = Math.max(memory.limit, memory.rss, 1);
  const parts = [
    { name: "results", className: "memory-managed", bytes: Math.min(memory.managed, memory.rss) },
    { name: "other", className: "memory-other", bytes: other },
    { name: "free", className: "memory-free", bytes: Math.max(0, whole - memory.rss) },
  ];
  const words = parts.map((part) => `${part.name} ${formatBytes(part.bytes)}`).join(", ");
  const note =
    memory.limit > 0
      ? `${formatBytes(memory.rss)} of ${formatBytes(memory.limit)}, ${formatPercent(memory.rss / memory.limit)}`
      : formatBytes(memory.rss);
  return (
    <Panel title="Memory" note={note} live>
      <div className="memory-bar" role="img" aria-label={`Memory: ${words}, on disk ${formatBytes(memory.spilled)}`}>
        {parts.map((part) => (
          <span key={part.name} className={part.className} style={{ "--share": part.bytes / whole } as CSSProperties} />
        ))}
      </div>
      <ul className="memory-legend">
        {parts.slice(0, 2).map((part) => (
          <li key={part.name}>
            <span className={`memory-key ${part.className}`} aria-hidden="true" /> {part.name}{" "}
            <strong>{formatBytes(part.bytes)}</strong>
          </li>
        ))}
        <li>
          <span className="memory-key state-spilled" aria-hidden="true" /> on disk{" "}
          <strong>{formatBytes(memory.spilled)}</strong>
        </li>
      </ul>
    </Panel>
  );
}
