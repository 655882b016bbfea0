import type { ReactElement } from "react";
import { formatTime, formatUtc, plain } from "../../design/format.js";
import { Icon } from "../../design/icon.js";
import { useCluster } from "../../store/store.js";

const ICONS = { info: "info", warning: "warning", error: "error" } as const;
const SHOWN = 4;

/** What wants a person's eye, in words; nothing at all when all is well. */
export function AttentionPanel(): ReactElement | null {
  const attention = useCluster((state) => state.attention);
  if (attention.length === 0) return null;
  return (
    <section className="attention" aria-label="Needs attention">
      <ul>
        {attention.slice(0, SHOWN).map((item) => (
          <li key={item.id}>
            <a className={item.level} href={item.link.startsWith("#") ? item.link : `#${item.link}`}>
              <Icon name={ICONS[item.level]} />
              <span className="truncate">{plain(item.text)}</span>
              <span className="muted" title={formatUtc(item.since)}>
                since {formatTime(item.since, false)}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {attention.length > SHOWN && <p className="muted">and {attention.length - SHOWN} more</p>}
    </section>
  );
}
