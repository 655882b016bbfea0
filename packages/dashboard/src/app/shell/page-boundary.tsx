import { Component } from "react";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "../design/icon.js";
import { Empty } from "../design/panel.js";

/** A page whose script does not come, or that fails, takes neither the bar nor the other pages with it. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <Failed error={this.state.error} />;
  }
}

function Failed({ error }: { readonly error: Error }): ReactElement {
  return (
    <Empty title="This page could not be shown">
      <p className="mono">{error.message}</p>
      <button type="button" className="button" onClick={() => location.reload()}>
        <Icon name="reload" /> Load the dashboard anew
      </button>
    </Empty>
  );
}
