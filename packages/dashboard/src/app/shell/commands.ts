import { useEffect, useRef, useSyncExternalStore } from "react";

/** Something a person can have done: by its keys, or from the palette. */
export interface Command {
  readonly id: string;
  readonly title: string;
  /** Heading it is listed under. */
  readonly section: string;
  /** Pressed one after another: `["g", "o"]`, `["?"]`. As `KeyboardEvent.key` has them. */
  readonly keys?: readonly string[];
  /** Listed with its keys, but not in the palette: what only makes sense at the place. */
  readonly keysOnly?: boolean;
  readonly run: () => void;
}

const commands = new Map<string, Command>();
const listeners = new Set<() => void>();
let list: readonly Command[] = [];

function changed(): void {
  list = [...commands.values()];
  for (const listener of listeners) listener();
}

/** The command is there while the component is. `run` may be another function at each render. */
export function useCommand(command: Command): void {
  const latest = useRef(command);
  latest.current = command;
  const { id, title, section } = command;
  const keys = command.keys?.join(" ");
  useEffect(() => {
    commands.set(id, { ...latest.current, run: () => latest.current.run() });
    changed();
    return () => {
      commands.delete(id);
      changed();
    };
  }, [id, title, section, keys]);
}

/** As {@link useCommand}, for a list that never changes. */
export function useCommands(all: readonly Command[]): void {
  useEffect(() => {
    for (const command of all) commands.set(command.id, command);
    changed();
    return () => {
      for (const command of all) commands.delete(command.id);
      changed();
    };
  }, [all]);
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useCommandList = (): readonly Command[] => useSyncExternalStore(subscribe, () => list);

const KEY = "heddle.single-keys";
let singleKeys = readSetting();

function readSetting(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

/** Keys without Ctrl can be turned off: who speaks to the machine would press them by speaking. */
export function setSingleKeys(on: boolean): void {
  singleKeys = on;
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Storage may be forbidden: the setting then lasts as long as the page.
  }
  changed();
}

export const useSingleKeys = (): boolean => useSyncExternalStore(subscribe, () => singleKeys);

/** A second key must follow within this time. */
const SEQUENCE = 1200;
let pressed: readonly string[] = [];
let pressedAt = 0;

/** Runs the command that the keys pressed so far name. */
function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || !singleKeys || event.ctrlKey || event.metaKey || event.altKey || isTyping(event))
    return;
  if (event.key.length > 1 && event.key !== "Escape" && !event.key.startsWith("Arrow")) return;
  const key = event.key.length === 1 && event.key !== "?" ? event.key.toLowerCase() : event.key;
  const now = event.timeStamp;
  pressed = now - pressedAt < SEQUENCE ? [...pressed, key] : [key];
  pressedAt = now;
  if (runMatching(event)) return;
  // Not the second key of anything: it may be the first of something else.
  pressed = [key];
  runMatching(event);
}

function runMatching(event: KeyboardEvent): boolean {
  let begun = false;
  for (const command of commands.values()) {
    if (!command.keys || pressed.some((key, index) => command.keys![index] !== key)) continue;
    if (command.keys.length === pressed.length) {
      event.preventDefault();
      pressed = [];
      command.run();
      return true;
    }
    begun = true;
  }
  return begun;
}

/** Whether the keys are meant for a field, or for a dialog that is open. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select, [aria-modal]") !== null;
}

export function listenToKeys(): () => void {
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
