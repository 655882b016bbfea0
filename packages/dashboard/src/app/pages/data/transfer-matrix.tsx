import type { ReactElement } from "react";
import type { Transfers } from "@heddle/protocol/dashboard";
import { formatBytes, plain } from "../../design/format.js";
import { compareNames } from "../../design/name-order.js";

const STEPS = 5;

/** Bytes from each worker (rows) to each other (columns): the darker, the more, on a scale of powers. */
export function TransferMatrix({ transfers }: { readonly transfers: Transfers }): ReactElement {
  const { workers, matrix } = inOrder(transfers);
  const most = Math.max(1, ...matrix.map((row) => Math.max(0, ...row)));
  return (
    <div className="matrix-scroll">
      <table className="matrix">
        <caption className="spoken">Bytes moved between workers in the last minute</caption>
        <thead>
          <tr>
            <td />
            {workers.map((name) => (
              <th key={name} scope="col">
                <span>{plain(name, 24)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.map((row, from) => (
            <tr key={workers[from]}>
              <th scope="row">{plain(workers[from] ?? "", 24)}</th>
              {row.map((bytes, to) => (
                <td
                  key={workers[to]}
                  className={`step-${stepOf(bytes, most)}`}
                  title={`${plain(workers[from] ?? "")} to ${plain(workers[to] ?? "")}: ${formatBytes(bytes)}`}
                >
                  {workers.length <= 12 && bytes > 0 ? (
                    formatBytes(bytes)
                  ) : (
                    <span className="spoken">{formatBytes(bytes)}</span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** By name, all others last: whoever sends most changes every few seconds, and cells that move cannot be read. */
function inOrder({ workers, matrix }: Transfers): Pick<Transfers, "workers" | "matrix"> {
  const rest = (index: number): number => (index === workers.length - 1 && workers[index] === "other" ? 1 : 0);
  const order = workers
    .map((_, index) => index)
    .sort((a, b) => rest(a) - rest(b) || compareNames(workers[a]!, workers[b]!));
  return {
    workers: order.map((index) => workers[index]!),
    matrix: order.map((from) => order.map((to) => matrix[from]![to]!)),
  };
}

function stepOf(bytes: number, most: number): number {
  if (bytes <= 0) return 0;
  // Each step is half of the next one; the last is for the most there is.
  return Math.max(1, STEPS + Math.ceil(Math.log2(bytes / most)));
}
