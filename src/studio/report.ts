/** A trace that came with the page: a report that opens from disk. */
import { decode } from "../trace/codec.ts";
import type { TraceHead } from "../trace/head.ts";
import type { News } from "../trace/studio-talk.ts";
import { begin, grown, news, trace } from "./store.ts";

/** False when the page has none. */
export async function openReport(): Promise<boolean> {
  const [head, packed] = ["report-head", "report-trace"].map(
    (id) => document.getElementById(id)?.textContent,
  );
  if (!head || !packed) return false;
  const read = JSON.parse(head) as { readonly head: TraceHead; readonly news: News };
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const whole = new Uint8Array(await new Response(unpacked).arrayBuffer());
  begin(read.head);
  if (trace.value !== undefined) decode(trace.value, whole);
  news.value = read.news;
  grown();
  return true;
}
