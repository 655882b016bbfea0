import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import type { ComponentType, LazyExoticComponent, ReactElement } from "react";
import { login, useSession } from "../api/session.js";
import { Empty, Skeleton } from "../design/panel.js";
import { DRAWERS, PAGES, PANEL, pageOf } from "../pages.js";
import { formatRoute, isEmbedded, navigate, RouteOfPage, useRoute } from "../routing/route.js";
import type { Route } from "../routing/route.js";
import { link, useCluster, useTopic } from "../store/store.js";
import { Announcer } from "./announcer.js";
import { ConnectionBanner } from "./connection-banner.js";
import { Embedded } from "./embedded.js";
import { listenToKeys, useCommand, useCommands } from "./commands.js";
import { CommandPalette } from "./command-palette.js";
import { KeysHelp } from "./keys-help.js";
import { Login } from "./login.js";
import { Navigation } from "./navigation.js";
import { PageBoundary } from "./page-boundary.js";
import { chooseTheme } from "./theme.js";
import { TopBar } from "./top-bar.js";
import "./shell.css";

const pages = new Map([...PAGES, PANEL].map((page) => [page.path, lazy(page.load)]));
const drawers = new Map(DRAWERS.map((drawer) => [drawer.path, lazy(drawer.load)]));

const COMMANDS = [
  ...PAGES.map((page) => ({
    id: `page.${page.path}`,
    title: page.title,
    section: "Go to",
    keys: ["g", page.key],
    run: () => navigate(formatRoute(page.path === "" ? [] : [page.path])),
  })),
  ...(["system", "light", "dark"] as const).map((choice) => ({
    id: `theme.${choice}`,
    title: `Theme: ${choice === "system" ? "as the system" : choice}`,
    section: "View",
    run: () => chooseTheme(choice),
  })),
];

/** Milliseconds after which the page that was asked for has come. */
const AHEAD = 1000;

type Open = "palette" | "help" | undefined;

export function App(): ReactElement {
  useTopic("summary");
  useTopic("series");
  const embedded = isEmbedded(useRoute());
  // Keys are those of the page around it.
  useEffect(() => (embedded ? undefined : listenToKeys()), [embedded]);
  usePauseWhenHidden();
  const entering = useTokenOfAddress();
  const session = useSession(!entering);
  const connection = useCluster((state) => state.connection.state);
  const cluster = useCluster((state) => state.run?.cluster);
  const historyOnly = session.data?.mode === "history";
  useEffect(() => {
    document.title = cluster === undefined ? "Heddle" : `${cluster} - Heddle`;
  }, [cluster]);

  useScriptsAhead(connection === "live");

  const [open, setOpen] = useState<Open>();
  useCommands(COMMANDS);
  useCommand({
    id: "search",
    title: "Search",
    section: "General",
    keys: ["/"],
    keysOnly: true,
    run: () => setOpen("palette"),
  });
  useCommand({ id: "help", title: "Keyboard shortcuts", section: "General", keys: ["?"], run: () => setOpen("help") });
  useControlK(() => setOpen("palette"));

  if (!entering && (connection === "unauthenticated" || session.data?.authenticated === false))
    return (
      <Login
        onDone={() => {
          session.refresh();
          link.send({ type: "reconnect" });
        }}
      />
    );
  // Asking may have opened a session: nothing else is asked before.
  const content =
    session.data === undefined && session.error === undefined ? (
      <Skeleton />
    ) : (
      <Content first={historyOnly ? (PAGES.find((page) => page.history)?.path ?? "") : ""} />
    );
  if (embedded) return <Embedded>{content}</Embedded>;
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <TopBar onSearch={() => setOpen("palette")} onHelp={() => setOpen("help")} />
      <Navigation historyOnly={historyOnly} />
      <main id="main" className="shell-main" tabIndex={-1}>
        {!historyOnly && <ConnectionBanner />}
        {content}
      </main>
      <Announcer />
      {open === "palette" && <CommandPalette onClose={() => setOpen(undefined)} />}
      {open === "help" && <KeysHelp stream={!historyOnly} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

/** The page of the route; under a drawer, the page that was there before it. */
function Content({ first }: { readonly first: string }): ReactElement {
  const route = useRoute();
  const under = useRef<Route>({ path: [first], parameters: {} });
  const Drawer = drawers.get(route.path[0] ?? "");
  if (!Drawer && route.path.length > 0) under.current = route;
  else if (!Drawer) under.current = { path: [first], parameters: route.parameters };
  const back = under.current;
  const page = pageOf(back.path);
  return (
    <>
      <RouteOfPage value={Drawer && back}>
        <Suspense fallback={<Skeleton />}>
          {page ? (
            <PageBoundary key={page.path}>
              <Show component={pages.get(page.path)!} />
            </PageBoundary>
          ) : (
            <NoSuchPage />
          )}
        </Suspense>
      </RouteOfPage>
      {Drawer && (
        <Suspense>
          <Drawer onClose={() => navigate(formatRoute(back.path, back.parameters))} />
        </Suspense>
      )}
    </>
  );
}

const Show = ({ component: Page }: { readonly component: LazyExoticComponent<ComponentType> }): ReactElement => (
  <Page />
);

function NoSuchPage(): ReactElement {
  return (
    <Empty title="There is no such page">
      <a href={formatRoute([])}>Go to the overview</a>
    </Empty>
  );
}

/** A link to `#main` would be taken for a route. */
function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Fetches the scripts of all pages while there is a server to give them: without it, what is known can still be looked at. */
function useScriptsAhead(live: boolean): void {
  useEffect(() => {
    if (!live) return;
    const timer = setTimeout(() => {
      // One that does not come now is asked for again when someone goes there.
      for (const { load } of [...PAGES, ...DRAWERS]) load().catch(() => undefined);
    }, AHEAD);
    return () => clearTimeout(timer);
  }, [live]);
}

/** Nothing is sent to a page that nobody sees. */
function usePauseWhenHidden(): void {
  useEffect(() => {
    const tell = (): void => link.send({ type: "pause", paused: document.hidden });
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, []);
}

/**
 * The address printed by the server carries its token behind the hash, where it reaches no log: used once, then gone.
 *
 * @returns whether it is being used
 */
function useTokenOfAddress(): boolean {
  const token = useMemo(() => /^#token=(.+)$/.exec(location.hash)?.[1], []);
  const [entering, setEntering] = useState(token !== undefined);
  useEffect(() => {
    if (token === undefined) return;
    history.replaceState(null, "", "#/");
    window.dispatchEvent(new HashChangeEvent("hashchange"));
    // A token that is refused is asked for, as one that is missing.
    const done = (): void => {
      setEntering(false);
      link.send({ type: "reconnect" });
    };
    login(decodeURIComponent(token)).then(done, done);
  }, [token]);
  return entering;
}

function useControlK(run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, []);
}
