/** A run as one file of HTML: the same application, with the trace inside. */
import type { Trace } from "../trace/trace.ts";
import { Branch } from "./branch.ts";
import { readBundle, reportPage } from "./page.ts";
import type { StudioSource } from "./source.ts";

export interface ShownRun {
  readonly trace: Trace;
  /** Why there are no more moves. */
  readonly over: string;
}

/** What a file shows when it is played to its end. */
export function playedOut(source: StudioSource): ShownRun {
  if (source.kind === "recording") return source;
  const branch = new Branch(source.branch);
  branch.advance(Number.POSITIVE_INFINITY);
  return { trace: branch.trace, over: branch.over ?? "" };
}

/** `file`: what it is of. */
export function reportHtml({ trace, over }: ShownRun, file: string): string {
  const branches = [{ id: 0, parent: undefined, move: 0, choice: "" }];
  return reportPage(
    trace,
    { source: "report", file, running: false, over, branch: 0, branches },
    readBundle(),
  );
}
