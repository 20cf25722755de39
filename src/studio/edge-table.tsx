/** The edges of a statechart in numbers: what its drawing shows as heat. */
import type { JSX } from "preact";
import type { DrawingProps } from "./chart-drawing.tsx";
import { type EdgeHeat, edgesByHeat } from "./heat.ts";
import { usageOf } from "./logs.ts";
import { cursor, length } from "./store.ts";
import { count, duration, percent } from "./words.ts";

export function EdgeTable({ trace, actor, chart }: DrawingProps): JSX.Element {
  void length.value;
  const rows = edgesByHeat(chart, usageOf(trace, actor, chart).at(cursor.value));
  return (
    <details class="edge-table">
      <summary>Edges in numbers</summary>
      <table>
        <caption>
          Edges taken up to move {count(cursor.value)}: the time is how long the state of an edge had lasted
        </caption>
        <thead>
          <tr>
            <th scope="col">Edge</th>
            <th scope="col">Taken</th>
            <th scope="col">Exits</th>
            <th scope="col">Time each</th>
            <th scope="col">In all</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row row={row} key={row.edge} />
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Row({
  row: { name, taken, exits, waitedNs, meanNs, share },
}: {
  readonly row: EdgeHeat;
}): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{count(taken)}</td>
      <td>{exits === 0 ? "" : count(exits)}</td>
      <td>{meanNs === undefined ? "stays" : duration(meanNs)}</td>
      <td>{waitedNs === undefined ? "" : duration(waitedNs)}</td>
      <td>{waitedNs === undefined ? "" : percent(share)}</td>
    </tr>
  );
}
