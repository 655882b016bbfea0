import { useMemo, useState } from "react";
import type { ReactElement } from "react";
import type { ErrorDetail } from "@heddle/protocol/dashboard";
import { CopyButton } from "../../design/copy-button.js";
import { plain, plainLines } from "../../design/format.js";

/** What was thrown: its name and words, where, and what caused it. Frames of packages and of Node are folded away. */
export function ErrorView({ error }: { readonly error: ErrorDetail }): ReactElement {
  const [all, setAll] = useState(false);
  const { shown, folded } = useMemo(() => framesOf(error.stack), [error.stack]);
  return (
    <div className="error-view">
      <div className="error-head">
        <p>
          <strong>{plain(error.name)}</strong> <span>{plainLines(error.message)}</span>
        </p>
        <CopyButton text={`${error.name}: ${error.message}\n${error.stack}`} label="Copy the error" />
      </div>
      {error.stack !== "" && <pre className="mono">{plainLines(all ? error.stack : shown)}</pre>}
      {error.causes.map((cause, index) => (
        <p key={index}>
          caused by <strong>{plain(cause.name)}</strong> {plainLines(cause.message)}
        </p>
      ))}
      {folded > 0 && (
        <button type="button" className="button quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "fewer frames" : `${folded} frames of packages and Node`}
        </button>
      )}
    </div>
  );
}

function framesOf(stack: string): { readonly shown: string; readonly folded: number } {
  const lines = stack.split("\n");
  const own = lines.filter((line) => !/^\s*at .*(node_modules|node:)/.test(line));
  return { shown: own.join("\n"), folded: lines.length - own.length };
}
