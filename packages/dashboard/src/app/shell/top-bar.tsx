import type { ReactElement } from "react";
import { apiAddress } from "../api/client.js";
import { Icon } from "../design/icon.js";
import { plain } from "../design/format.js";
import { Menu } from "../design/menu.js";
import { KeyHint } from "../design/pill.js";
import { formatRoute } from "../routing/route.js";
import { useCluster } from "../store/store.js";
import { ConnectionPill } from "./connection-pill.js";
import { chooseTheme, useThemeChoice } from "./theme.js";
import type { ThemeChoice } from "./theme.js";
import { useSession } from "../api/session.js";
import { TimeControl } from "./time-control.js";

export function TopBar(props: { readonly onSearch: () => void; readonly onHelp: () => void }): ReactElement {
  const run = useCluster((state) => state.run);
  const cluster = useSession().data?.mode !== "history";
  return (
    <header className="shell-bar">
      <a className="shell-brand" href={formatRoute([])} title={run ? `Heddle ${run.heddle}` : "Heddle"}>
        <Mark />
        <strong className="truncate">{run ? plain(run.cluster, 40) : "Heddle"}</strong>
      </a>
      <ConnectionPill />
      <div className="shell-space" />
      <button type="button" className="shell-search" onClick={props.onSearch}>
        <Icon name="search" />
        <span>Search tasks, groups, workers</span>
        <KeyHint keys={["/"]} />
      </button>
      <div className="shell-space" />
      {cluster && <TimeControl />}
      {cluster && <ExportMenu />}
      <ThemeButton />
      <button
        type="button"
        className="button quiet icon-only"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={props.onHelp}
      >
        ?
      </button>
    </header>
  );
}

const Mark = (): ReactElement => (
  <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
    <path d="M9 6v20M16 6v20M23 6v20" stroke="var(--muted)" strokeWidth="2" fill="none" />
    <path
      d="M4 13c4-4 8-4 12 0s8 4 12 0M4 21c4-4 8-4 12 0s8 4 12 0"
      stroke="var(--accent)"
      strokeWidth="2.6"
      strokeLinecap="round"
      fill="none"
    />
  </svg>
);

const NEXT: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: "light", light: "dark", dark: "system" };
const THEME_ICON = { system: "system_theme", light: "sun", dark: "moon" } as const;

function ThemeButton(): ReactElement {
  const choice = useThemeChoice();
  const label = `Theme: ${choice === "system" ? "as the system" : choice}`;
  return (
    <button
      type="button"
      className="button quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => chooseTheme(NEXT[choice])}
    >
      <Icon name={THEME_ICON[choice]} />
    </button>
  );
}

/** What can be taken away: one file that opens anywhere, where its page was built, and a trace for other tools. */
function ExportMenu(): ReactElement {
  const session = useSession();
  return (
    <Menu label="Export">
      {session.data?.reports === true && (
        <li>
          <a href={apiAddress("report").href} download>
            <strong>Report</strong>
            <span className="muted">One HTML file that opens offline</span>
          </a>
        </li>
      )}
      <li>
        <a href={apiAddress("trace").href} download>
          <strong>Trace</strong>
          <span className="muted">JSON for Perfetto and chrome://tracing</span>
        </a>
      </li>
    </Menu>
  );
}
