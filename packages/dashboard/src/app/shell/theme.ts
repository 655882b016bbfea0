import { useSyncExternalStore } from "react";

/** system: as the operating system has it. */
export type ThemeChoice = "system" | "light" | "dark";

const KEY = "heddle.theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
    return "system";
  }
}

let choice = stored();
let dark = false;

function settle(): void {
  dark = choice === "dark" || (choice === "system" && prefersDark.matches);
  document.documentElement.classList.toggle("dark", dark);
  for (const listener of listeners) listener();
}

prefersDark.addEventListener("change", settle);
settle();

export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // As above.
  }
  settle();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useThemeChoice = (): ThemeChoice => useSyncExternalStore(subscribe, () => choice);
