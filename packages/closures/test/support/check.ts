import path from "node:path";
import { expect } from "vitest";
import type { CorpusRun, Row } from "./corpus.js";
import type { Host } from "./hosts.js";

/** Paths are given as text, or as the source of a pattern that is anchored. */
function pathPattern(path: string, renames: boolean): RegExp {
  if (path.startsWith("^")) return new RegExp(path);
  const [, variable = "", rest = ""] = /^(\w*)(.*)$/.exec(path)!;
  return new RegExp(`^${renames ? "\\w+" : variable}${rest.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}

/** A case gives on the worker what it gave at the client, or is refused with the path, reason and line it should be. */
export function checkCase(
  run: CorpusRun,
  row: Row,
  { file, shownAs, renames = false }: Pick<Host, "file" | "renames" | "shownAs">,
): void {
  const captured = run.captured.get(row.name);
  expect(captured, "the corpus did not reach this case").toBeDefined();
  const { fails, error, local } = captured!;
  if (fails !== undefined) {
    expect(error).toBeDefined();
    expect(error).toMatchObject({
      code: "HEDDLE_FUNCTION_NOT_SERIALIZABLE",
      path: expect.stringMatching(pathPattern(fails.path, renames)) as string,
    });
    expect(error!.message).toMatch(new RegExp(fails.reason));
    const [, where, line] = /^(.*):(\d+):\d+$/.exec(error!.location ?? "") ?? [];
    if (shownAs !== undefined) {
      expect(where).toMatch(shownAs);
      return;
    }
    expect(path.basename(where ?? "")).toBe(file);
    expect(row.name === "super method alone" || (Number(line) >= row.firstLine && Number(line) <= row.lastLine)).toBe(
      true,
    );
    return;
  }
  expect(error).toBeUndefined();
  const outcome = run.outcomes.get(row.name);
  expect(outcome?.failed).toBeUndefined();
  expect({ value: outcome?.value, thrown: outcome?.thrown }).toEqual({ value: local!.value, thrown: local!.thrown });
}
