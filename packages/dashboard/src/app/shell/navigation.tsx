import type { ReactElement } from "react";
import { Icon } from "../design/icon.js";
import { PAGES } from "../pages.js";
import { formatRoute, useRoute } from "../routing/route.js";

/** The pages, at the left. */
export function Navigation({ historyOnly }: { readonly historyOnly: boolean }): ReactElement {
  const route = useRoute();
  const here = route.path[0] ?? "";
  return (
    <nav className="shell-nav" aria-label="Pages">
      <ul>
        {PAGES.filter((page) => (historyOnly ? page.history : true)).map((page) => (
          <li key={page.path} className={page.minor ? "minor" : undefined}>
            <a
              href={formatRoute(page.path === "" ? [] : [page.path])}
              aria-current={page.path === here ? "page" : undefined}
              title={`${page.title} (g ${page.key})`}
            >
              <Icon name={page.icon} size={18} />
              <span>{page.title}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
