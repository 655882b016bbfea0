/** Something about a captured function that works, but probably not as meant. */
export interface CaptureWarning {
  readonly kind: "write" | "large" | "private-static" | "class-changed" | "package";
  /** The variable (or class, or package) it is about. */
  readonly name: string;
  readonly message: string;
}

/** Captured data of this size or more is worth a word: it travels with the function. */
export const LARGE_CAPTURE_BYTES = 1 << 20;

const shown = new Set<string>();

/** Warns once per place in the code, through Node's own warnings, so that users can filter and trace them. */
export function showWarning(codeKey: string, warning: CaptureWarning): void {
  const key = `${codeKey}\n${warning.kind}\n${warning.name}`;
  if (shown.has(key)) return;
  shown.add(key);
  process.emitWarning(warning.message, {
    type: "HeddleCaptureWarning",
    code: `HEDDLE_CAPTURE_${warning.kind.replace("-", "_").toUpperCase()}`,
  });
}
