/** What users import from `heddle` is all there is for them. */
import { expect, it } from "vitest";
import * as client from "@heddle/client";
import * as cluster from "@heddle/client/cluster";
import * as flows from "@heddle/flows";
import * as task from "@heddle/worker/task";
import * as heddle from "heddle";

/** For other packages of the workspace, not for users. */
const INTERNAL = [
  "ClientCore",
  "FinalFailure",
  "assertNotImporting",
  "RescheduleRequest",
  "askScheduler",
  "currentWorker",
  "runControl",
  "taskConnection",
  "vacateSlot",
  // Of flows: what workers call, how history is written and results are kept.
  "FailureAllowed",
  "HistorySink",
  "Quoted",
  "ResultKeeper",
  "Unmapped",
  "callFlow",
  "callTask",
  "deleteResult",
  "executeAttempt",
  "historyFile",
  "homeStore",
  "keeperFor",
  "localStoreWarning",
  "mapTask",
  "processHistory",
  "readResult",
  "redefineFlow",
  "redefineTask",
  "storeFromText",
  "submitFlow",
  "submitTask",
];

it("includes everything of the packages behind it, as the same thing", () => {
  for (const part of [client, cluster, flows, task] as const)
    for (const [name, value] of Object.entries(part)) {
      if (INTERNAL.includes(name)) continue;
      expect({ name, same: (heddle as Record<string, unknown>)[name] === value }).toEqual({ name, same: true });
    }
});

it("has nothing of what is for the workspace alone", () => {
  expect(Object.keys(heddle).filter((name) => INTERNAL.includes(name))).toEqual([]);
});
