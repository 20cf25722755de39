/** The formats that a statechart is exported in: a new one is one file and one branch. */

import { chartOf } from "../../trace/chart.ts";
import { MACHINES, type MachineName } from "./catalogue.ts";
import { dotChart } from "./dot.ts";
import { drawingOf } from "./drawing.ts";
import { mermaidChart } from "./mermaid.ts";
import { scxmlChart } from "./scxml.ts";
import { svgChart } from "./svg.ts";
import { xstateChart } from "./xstate.ts";

export const MACHINE_FORMATS = ["mermaid", "dot", "scxml", "svg", "xstate"] as const;
export type MachineFormat = (typeof MACHINE_FORMATS)[number];

/** The text of a file, with a line break at its end. */
export function exportMachine(name: MachineName, format: MachineFormat): string {
  const chart = chartOf(MACHINES[name].machine);
  switch (format) {
    case "mermaid":
      return mermaidChart(drawingOf(chart));
    case "dot":
      return dotChart(drawingOf(chart));
    case "svg":
      return svgChart(drawingOf(chart));
    case "scxml":
      return scxmlChart(chart);
    case "xstate":
      return xstateChart(chart);
  }
}
