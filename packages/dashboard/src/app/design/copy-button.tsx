import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { Icon } from "./icon.js";

/** Copies text; says for a moment that it did. */
export function CopyButton({ text, label = "Copy" }: { readonly text: string; readonly label?: string }): ReactElement {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className="button quiet icon-only"
      title={copied ? "Copied" : label}
      aria-label={copied ? "Copied" : label}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      <Icon name={copied ? "check" : "copy"} />
    </button>
  );
}

/** Something to paste elsewhere, a line or several. */
export function Command({ text }: { readonly text: string }): ReactElement {
  return (
    <div className="command">
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
}
