/** A trace that came with the page: a report that opens from disk. */
import { decode } from "../trace/codec.ts";
import type { TraceHead } from "../trace/head.ts";
import type { News } from "../trace/studio-talk.ts";
import { begin, grown, news, takeOriginal, trace } from "./store.ts";

/** False when the page has none. */
export async function openReport(): Promise<boolean> {
  const [head, packed, packedOriginal] = ["report-head", "report-trace", "report-original"].map(
    (id) => document.getElementById(id)?.textContent,
  );
  if (!head || !packed) return false;
  const read = JSON.parse(head) as ReportHead;
  if (read.original !== undefined && packedOriginal)
    takeOriginal(read.original, await unpacked(packedOriginal));
  const whole = await unpacked(packed);
  begin(read.head);
  if (trace.value !== undefined) decode(trace.value, whole);
  news.value = read.news;
  grown();
  return true;
}

interface ReportHead {
  readonly head: TraceHead;
  /** Of a counterexample: of the run before it was shrunk. */
  readonly original?: TraceHead;
  readonly news: News;
}

async function unpacked(packed: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
