import type { ReactElement } from "react";
import { Dialog } from "../design/drawer.js";
import { Icon } from "../design/icon.js";
import { KeyHint } from "../design/pill.js";
import { setSingleKeys, useCommandList, useSingleKeys } from "./commands.js";

const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: "\u2190",
  ArrowRight: "\u2192",
  ArrowUp: "\u2191",
  ArrowDown: "\u2193",
  Escape: "Esc",
};

/** Keys of the task stream, which hears them while it has the focus. */
const STREAM: readonly (readonly [title: string, keys: readonly string[]])[] = [
  ["Zoom in, out", ["w", "s"]],
  ["Move back, on", ["a", "d"]],
  ["Everything, or the selection", ["f"]],
  ["Follow the present", ["l"]],
  ["Task before, after", [",", "."]],
  ["Open the task", ["Enter"]],
  ["Let go", ["Escape"]],
];

/** All keys there are at this moment. */
export function KeysHelp(props: {
  /** There is one. */
  readonly stream: boolean;
  readonly onClose: () => void;
}): ReactElement {
  const { onClose } = props;
  const commands = useCommandList().filter((command) => command.keys);
  const on = useSingleKeys();
  const sections = [...new Set(commands.map((command) => command.section))];
  return (
    <Dialog label="Keyboard shortcuts" onClose={onClose}>
      <header className="dialog-header">
        <h2>Keyboard shortcuts</h2>
        <button type="button" className="button quiet icon-only" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="keys-help">
        {sections.map((section) => (
          <section key={section}>
            <h3>{section}</h3>
            <dl>
              {section === "General" && <Row title="Search and commands" keys={["Ctrl", "K"]} />}
              {commands
                .filter((command) => command.section === section)
                .map((command) => (
                  <Row key={command.id} title={command.title} keys={command.keys!.map((key) => NAMES[key] ?? key)} />
                ))}
            </dl>
          </section>
        ))}
        {props.stream && (
          <section>
            <h3>In the task stream</h3>
            <dl>
              {STREAM.map(([title, keys]) => (
                <Row key={title} title={title} keys={keys.map((key) => NAMES[key] ?? key)} />
              ))}
            </dl>
          </section>
        )}
      </div>
      <footer className="dialog-footer">
        <label>
          <input type="checkbox" checked={on} onChange={(event) => setSingleKeys(event.target.checked)} /> Keys without
          Ctrl
        </label>
      </footer>
    </Dialog>
  );
}

const Row = ({ title, keys }: { readonly title: string; readonly keys: readonly string[] }): ReactElement => (
  <div>
    <dt>{title}</dt>
    <dd>
      <KeyHint keys={keys} />
    </dd>
  </div>
);
