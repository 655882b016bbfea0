/** A dashboard over a made-up cluster in a process of its own, whose time passes when it is told, or as it does. */
import { startFeed, type FeedOptions } from "@heddle/scheduler/dashboard-feed";

export type ToFeed =
  /** Lets so many milliseconds pass at once. */
  | { readonly do: "advance"; readonly milliseconds: number }
  /** Time passes as it does, from now on, or so many times as fast. */
  | { readonly do: "play"; readonly speed: number }
  | { readonly do: "look"; readonly from: number };

export interface FeedState {
  readonly url: string;
  /** Rows recorded. */
  readonly rows: number;
  /** When the runs from the asked one on ended. Milliseconds since the epoch, by the machine's clock while time passes as it does. */
  readonly ends: readonly number[];
}

process.on("disconnect", () => process.exit());

/** Milliseconds: how often the dashboard's thread looks. */
const TICK = 100;
/** No more passes at once, though this process was kept waiting: pages are to be answered too. */
const MOST = 3 * TICK;
const feed = await startFeed({ live: false, ...(JSON.parse(process.argv[2]!) as FeedOptions) });
/** The machine's clock minus the feed's. */
let ahead = 0;

process.on("message", (message: ToFeed) => {
  if (message.do === "advance") feed.advance(message.milliseconds);
  if (message.do === "play") play(message.speed);
  tell(message.do === "look" ? message.from : feed.truth.length);
});
tell(0);

function play(speed: number): void {
  let at = performance.now();
  setInterval(() => {
    const now = performance.now();
    feed.advance(Math.min(MOST, now - at) * speed);
    at = now;
    ahead = performance.timeOrigin + now - feed.now();
  }, TICK);
}

function tell(from: number): void {
  const ends = feed.truth.slice(from, from + 1_000).map(({ end }) => end + ahead);
  process.send!({ url: feed.url, rows: feed.truth.length, ends } satisfies FeedState);
}
