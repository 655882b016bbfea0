import type { StreamPalette } from "../../stream/messages.js";

/** The theme's colours as the worker draws with them: it sees no style sheet. */
export function paletteOf(element: Element): StreamPalette {
  const style = getComputedStyle(element);
  const colour = (token: string): number => numberOf(style.getPropertyValue(token).trim());
  return {
    background: colour("--raised"),
    idle: colour("--hover"),
    border: colour("--hairline"),
    text: colour("--text"),
    muted: colour("--muted"),
    accent: colour("--accent"),
    error: colour("--error"),
    noWorker: colour("--state-no-worker"),
    cancelled: colour("--state-cancelled"),
    spilled: colour("--state-spilled"),
    other: colour("--category-other"),
    categories: Array.from({ length: 8 }, (_, slot) => colour(`--category-${slot}`)),
  };
}

/** "#1a2b3c", or "#abc" as a minifier writes it. */
function numberOf(hex: string): number {
  const digits = hex.slice(1);
  return Number.parseInt(digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits, 16);
}
