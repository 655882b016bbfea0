/** Page of a report: one script, and the record beside it in the same file. */
import { createRoot } from "react-dom/client";
import "../app/design/tokens.css";
import "../app/design/base.css";
import "./report.css";
import type { ReportHead } from "@heddle/protocol/dashboard";
import { answerFrom } from "../app/api/client.js";
import "../app/shell/theme.js";
import { connect } from "../app/store/store.js";
import { fitAll, timeView } from "../app/time/time-range.js";
import { RecordPort } from "./record-port.js";
import { Report, type Reading } from "./report.js";
import type { RunStatistics } from "./run-statistics.js";

const record = new RecordPort();
connect(record);
const root = createRoot(document.getElementById("root")!);
const show = (reading: Reading): void => root.render(<Report reading={reading} record={record} />);

show({ state: "reading" });
void read();

async function read(): Promise<void> {
  const data = document.getElementById("heddle-record")!;
  try {
    let head: ReportHead | undefined;
    const statistics = await record.read(data.textContent, (found) => show({ state: "reading", head: (head = found) }));
    data.remove();
    answerFrom((url, request) => Promise.resolve(Response.json(answerOf(url, request, statistics))));
    // A link may have brought a range along.
    if (timeView().kind === "follow") fitAll();
    show({ state: "read", head: head!, statistics });
  } catch (error) {
    show({ state: "damaged", message: error instanceof Error ? error.message : String(error) });
  }
}

/** The few questions that a stream asks a server. */
function answerOf(url: URL, request: RequestInit, { minimap }: RunStatistics): unknown {
  if (url.pathname.endsWith("/minimap")) return minimap;
  const { seqs } = JSON.parse(request.body as string) as { readonly seqs: readonly number[] };
  return { keys: seqs.map((seq) => record.key(seq)) };
}

// Paper is light.
const dark = (): boolean => matchMedia("(prefers-color-scheme: dark)").matches;
addEventListener("beforeprint", () => document.documentElement.classList.remove("dark"));
addEventListener("afterprint", () => document.documentElement.classList.toggle("dark", dark()));
