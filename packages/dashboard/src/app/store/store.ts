import { useEffect, useSyncExternalStore } from "react";
import type { FlowNews, Topic } from "@heddle/protocol/dashboard";
import type { Snapshot } from "../../data/messages.js";
import { standsSince } from "../../data/standing.js";
import { apply, INITIAL_STATE } from "./cluster-state.js";
import type { ClusterState } from "./cluster-state.js";
import { DataLink, type DataPort } from "./data-link.js";

let state = INITIAL_STATE;
const listeners = new Set<() => void>();
const flowListeners = new Set<(news: readonly FlowNews[]) => void>();

function receive(snapshot: Snapshot): void {
  state = apply(state, snapshot);
  if (snapshot.flow) for (const listener of flowListeners) listener(snapshot.flow);
  for (const listener of listeners) listener();
}

/** Whoever holds this page's rows. There from {@link connect} on. */
export let link: DataLink;

/** Before anything is rendered: to the page's worker, or to a record that the page has with it. */
export function connect(port: DataPort): void {
  link = new DataLink(port, receive);
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/**
 * A part of the cluster's state; the component renders again when it is another object, at most 4 times a second.
 * `select` must return what is in the state, not build something new: `useCluster((s) => s.groups)`.
 */
export function useCluster<T>(select: (state: ClusterState) => T): T {
  return useSyncExternalStore(subscribe, () => select(state));
}

/** The state at this moment, for event handlers. */
export const clusterNow = (): ClusterState => state;

/**
 * Scheduler time at this moment, milliseconds since the epoch: what times in rows and summaries compare with. It stands when nothing more
 * comes.
 */
export function schedulerNow(): number {
  const { connection, previousRun, lostAt, clockOffset } = state;
  return (standsSince(connection, previousRun !== undefined, lostAt) ?? Date.now()) + clockOffset;
}

/** Wants a topic while the component is there. `summary` and `series` always come. */
export function useTopic(topic: Topic): void {
  useEffect(() => link.want(topic), [topic]);
}

/** Hears which flow runs changed while it is subscribed; pair it with {@link useTopic}("flow"). */
export function onFlowNews(listener: (news: readonly FlowNews[]) => void): () => void {
  flowListeners.add(listener);
  return () => flowListeners.delete(listener);
}
