import { Component, useRef } from "react";
import type { ErrorInfo, ReactElement, ReactNode } from "react";
import { useCluster } from "../store/store.js";
import { useNow } from "../store/now.js";
import { formatTime } from "./format.js";
import { Icon } from "./icon.js";
import { PictureMenu } from "./picture/picture-menu.js";
import "./panel.css";

export interface PanelProps {
  readonly title: string;
  /** Beside the title: what is shown, what was left out. */
  readonly note?: ReactNode;
  /** At the right of the header. */
  readonly tools?: ReactNode;
  /** Nothing is known yet: a skeleton, but only after 200 ms. */
  readonly loading?: boolean;
  /** The question failed; says so in place of the content. */
  readonly error?: Error | undefined;
  /** In place of the content when there is nothing to show: an {@link Empty}. */
  readonly empty?: ReactNode;
  /** The content reaches the panel's edges and scrolls by itself. */
  readonly flush?: boolean;
  /** Shows live data: says so when it has grown old. */
  readonly live?: boolean;
  /** What it shows can be saved as PNG and SVG. */
  readonly picture?: boolean;
  readonly className?: string;
  readonly children?: ReactNode;
}

/** A titled surface with every state its content can be in; what crashes inside stays inside. */
export function Panel(props: PanelProps): ReactElement {
  const stale = useStale(props.live ?? false);
  const section = useRef<HTMLElement>(null);
  const picture = props.picture === true && !props.loading && !props.error && !props.empty;
  const classes = ["panel", props.className, stale === undefined ? undefined : "stale"].filter(Boolean).join(" ");
  return (
    <section ref={section} className={classes} aria-label={props.title}>
      <header className="panel-header">
        <h2>{props.title}</h2>
        {props.note !== undefined && <span className="panel-note truncate">{props.note}</span>}
        {stale !== undefined && <span className="panel-ribbon">last update {formatTime(stale, false)}</span>}
        {(props.tools !== undefined || picture) && (
          <div className="panel-tools">
            {props.tools}
            {picture && <PictureMenu panel={section} title={props.title} />}
          </div>
        )}
      </header>
      <div className={props.flush ? "panel-body flush" : "panel-body"}>
        <PanelBoundary title={props.title}>{content(props)}</PanelBoundary>
      </div>
    </section>
  );
}

function content(props: PanelProps): ReactNode {
  if (props.error) return <Empty title="This could not be loaded">{props.error.message}</Empty>;
  if (props.loading) return <Skeleton />;
  return props.empty ?? props.children;
}

const OLD = 2000;

/** When the data is older than 2 s: the time of the last word. */
function useStale(live: boolean): number | undefined {
  const heardAt = useCluster((state) => state.heardAt);
  const state = useCluster((cluster) => cluster.connection.state);
  useNow(1000);
  if (!live || heardAt === 0 || state === "connecting") return undefined;
  return Date.now() - heardAt > OLD ? heardAt : undefined;
}

/** Says that there is nothing, why, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactElement {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}

const WIDTHS = ["72%", "54%", "63%", "40%"];

export function Skeleton(): ReactElement {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {WIDTHS.map((width) => (
        <span key={width} style={{ width }} />
      ))}
    </div>
  );
}

interface BoundaryProps {
  readonly title: string;
  readonly children: ReactNode;
}

class PanelBoundary extends Component<BoundaryProps, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(`panel "${this.props.title}" failed`, error, info.componentStack);
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Empty title="This panel failed">
        <p className="mono">{this.state.error.message}</p>
        <button type="button" className="button" onClick={() => this.setState({ error: undefined })}>
          <Icon name="reload" /> Reload panel
        </button>
      </Empty>
    );
  }
}
