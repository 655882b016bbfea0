import type { MouseEvent, ReactElement, ReactNode } from "react";
import { navigate } from "../routing/route.js";
import { ConnectionBanner } from "./connection-banner.js";

/** A panel in a frame of somebody's page: nothing around it, and what it leads to opens in a window of its own. */
export function Embedded({ children }: { readonly children: ReactNode }): ReactElement {
  const follow = (event: MouseEvent): void => {
    const to = (event.target as Element).closest("a")?.getAttribute("href");
    if (to?.startsWith("#") !== true) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <div className="shell embedded">
      <main id="main" className="shell-main" onClickCapture={follow}>
        <ConnectionBanner />
        {children}
      </main>
    </div>
  );
}
