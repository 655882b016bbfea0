import type { ReactElement } from "react";
import type { FlowRunDetail } from "@heddle/protocol/dashboard";
import { plain, plainLines } from "../../design/format.js";
import { Empty, Panel } from "../../design/panel.js";

type Artifact = FlowRunDetail["artifacts"][number];

/** What the run left for people to read. Markdown is shown as it was written: nobody's text becomes markup here. */
export function Artifacts({ artifacts }: { readonly artifacts: readonly Artifact[] }): ReactElement {
  if (artifacts.length === 0)
    return (
      <Panel title="Artifacts">
        <Empty title="It left none">
          <code>artifact.table</code>, <code>artifact.markdown</code> and <code>artifact.link</code> make them.
        </Empty>
      </Panel>
    );
  return (
    <div className="group">
      {artifacts.map((artifact, index) => (
        <Panel key={index} title={plain(artifact.key)} note={plain(artifact.description)}>
          {artifact.type === "table" ? <Rows data={artifact.data} /> : <Text artifact={artifact} />}
        </Panel>
      ))}
    </div>
  );
}

function Text({ artifact }: { readonly artifact: Artifact }): ReactElement {
  const { data } = artifact;
  if (
    artifact.type === "link" &&
    isRecord(data) &&
    typeof data["url"] === "string" &&
    /^https?:\/\//i.test(data["url"])
  ) {
    const text = typeof data["text"] === "string" ? data["text"] : data["url"];
    return (
      <a href={data["url"]} rel="noopener noreferrer nofollow" target="_blank" title={plain(data["url"], 1000)}>
        {plain(text)}
      </a>
    );
  }
  const text = typeof data === "string" ? data : JSON.stringify(data, undefined, 2);
  return <pre className="artifact-text">{plainLines(text)}</pre>;
}

const ROWS = 500;

function Rows({ data }: { readonly data: unknown }): ReactElement {
  const rows = Array.isArray(data) ? (data as readonly unknown[]).slice(0, ROWS) : [];
  const columns = [...new Set(rows.flatMap((row) => (isRecord(row) ? Object.keys(row) : [])))];
  return (
    <div className="artifact-table">
      <table className="task-story">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className={isNumeric(rows, column) ? "end" : undefined}>
                {plain(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column) => {
                const value = isRecord(row) && Object.hasOwn(row, column) ? row[column] : "";
                return (
                  <td key={column} className={typeof value === "number" ? "end" : undefined}>
                    {plain(typeof value === "string" ? value : (JSON.stringify(value) ?? ""))}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isNumeric(rows: readonly unknown[], column: string): boolean {
  return rows.every((row) => isRecord(row) && typeof row[column] === "number");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
