import { useEffect, useId, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, ReactElement } from "react";
import type { SearchResult } from "@heddle/protocol/dashboard";
import { apiAddress, getJson } from "../api/client.js";
import { useQuery } from "../api/use-query.js";
import { Dialog } from "../design/drawer.js";
import { plain } from "../design/format.js";
import { Icon } from "../design/icon.js";
import type { IconName } from "../design/icon.js";
import { KeyHint } from "../design/pill.js";
import { navigate } from "../routing/route.js";
import { useCommandList } from "./commands.js";

interface Choice {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly icon: IconName;
  readonly keys?: readonly string[];
  readonly run: () => void;
}

const KINDS = {
  task: { kind: "Task", icon: "tasks" },
  group: { kind: "Group", icon: "groups" },
  worker: { kind: "Worker", icon: "workers" },
  flowRun: { kind: "Flow run", icon: "flows" },
} as const satisfies Record<SearchResult["kind"], { readonly kind: string; readonly icon: IconName }>;

const LISTED = 40;

/** One field for everything: pages and commands of this page, tasks, groups, workers and flow runs of the cluster. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }): ReactElement {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const asked = useDebounced(text.trim(), 120);
  const found = useQuery(asked === "" ? undefined : `search ${asked}`, (signal) =>
    getJson<SearchResult[]>(apiAddress("search", { q: asked }), signal),
  );
  const commands = useCommandList();
  const choices = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const own = commands
      .filter((command) => !command.keysOnly)
      .filter((command) => words.every((word) => `${command.section} ${command.title}`.toLowerCase().includes(word)))
      .map((command): Choice => ({ ...command, kind: command.section, icon: "chevron" }));
    const theirs = (found.data ?? []).map((result): Choice => ({
      id: `${result.kind} ${result.link}`,
      title: plain(result.label),
      ...KINDS[result.kind],
      // Routes of this page only: what a server names never becomes another address.
      run: () => navigate(result.link.startsWith("#") ? result.link : `#${result.link}`),
    }));
    return [...theirs, ...own].slice(0, LISTED);
  }, [text, commands, found.data]);
  const current = Math.min(at, choices.length - 1);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  useEffect(() => {
    list.current?.children[current]?.scrollIntoView({ block: "nearest" });
  }, [current]);

  const choose = (choice: Choice | undefined): void => {
    if (!choice) return;
    onClose();
    choice.run();
  };
  const key = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((current + step + choices.length) % Math.max(1, choices.length));
    } else if (event.key === "Enter") choose(choices[current]);
  };

  return (
    <Dialog label="Search and commands" onClose={onClose}>
      <div className="palette-field">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={choices.length > 0 ? `${id}${current}` : undefined}
          aria-label="Search tasks, groups, workers, flow runs and commands"
          placeholder="Task key, group, worker, flow run, or command"
          value={text}
          onKeyDown={key}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <ul className="palette-list" role="listbox" id={id} ref={list} aria-label="Results">
        {choices.map((choice, index) => (
          <li
            key={choice.id}
            id={`${id}${index}`}
            role="option"
            aria-selected={index === current}
            onMouseMove={() => setAt(index)}
            onClick={() => choose(choice)}
          >
            <Icon name={choice.icon} />
            <span className="truncate">{choice.title}</span>
            <span className="muted">{choice.kind}</span>
            {choice.keys && <KeyHint keys={choice.keys} />}
          </li>
        ))}
      </ul>
      {choices.length === 0 && (
        <p className="palette-none muted">{found.loading ? "Searching" : "Nothing of that name"}</p>
      )}
    </Dialog>
  );
}

function useDebounced(value: string, delay: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}
