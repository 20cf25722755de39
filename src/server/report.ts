/** A run as one file of HTML: the same application, with the trace inside. */
import type { Trace } from "../trace/trace.ts";
import { readBundle, reportPage } from "./page.ts";
import { originalTrace, playToEnd } from "./played.ts";
import type { StudioSource } from "./source.ts";

export interface ShownRun {
  readonly trace: Trace;
  /** Of a counterexample: the run before it was shrunk. */
  readonly original?: Trace | undefined;
  /** Why there are no more moves. */
  readonly over: string;
}

/** What a file shows when it is played to its end. */
export function playedOut(source: StudioSource): ShownRun {
  if (source.kind === "recording") return source;
  const { trace, over = "" } = playToEnd(source.branch);
  return { trace, over, original: originalTrace(source) };
}

/** `file`: what it is of. */
export function reportHtml({ trace, original, over }: ShownRun, file: string): string {
  const branches = [{ id: 0, parent: undefined, move: 0, choice: "" }];
  return reportPage(
    { trace, original },
    { source: "report", file, running: false, over, possible: [], branch: 0, branches },
    readBundle(),
  );
}
