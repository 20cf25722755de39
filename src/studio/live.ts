/** The connection to the studio's server: takes the stream apart, at most once for each picture, and sends commands. */
import { decode } from "../trace/codec.ts";
import type { TraceHead } from "../trace/head.ts";
import { type Command, FRAME, FrameReader, type News } from "../trace/studio-talk.ts";
import { begin, grown, news, notice, takeOriginal, trace } from "./store.ts";

type Frame = readonly [kind: number, payload: Uint8Array];

/** Comes back when the stream ends. `onNews` is called when all before it is in the trace. */
export async function follow(onNews: (news: News) => void): Promise<void> {
  let waiting: Frame[] = [];
  const reader = new FrameReader((kind, payload) => {
    if (waiting.length === 0) requestAnimationFrame(takeAll);
    waiting.push([kind, payload]);
  });
  function takeAll(): void {
    const frames = waiting;
    waiting = [];
    for (const [kind, payload] of frames) take(kind, payload);
    grown();
    for (const [kind] of frames) if (kind === FRAME.news) onNews(news.value);
  }
  try {
    const { body } = await fetch("/stream");
    const chunks = body?.getReader();
    for (;;) {
      const { done = true, value } = (await chunks?.read()) ?? {};
      if (value !== undefined) reader.push(value);
      if (done) break;
    }
  } catch {
    // Said below, however it came.
  }
  notice.value = "The studio's server is gone. What is here can still be looked at.";
}

/** It has come, and what it is the head of comes next. */
let originalHead: TraceHead | undefined;

function take(kind: number, payload: Uint8Array): void {
  const json = (): unknown => JSON.parse(new TextDecoder().decode(payload));
  const head = (): TraceHead => json() as TraceHead;
  switch (kind) {
    case FRAME.head:
      begin(head());
      return;
    case FRAME.piece:
      if (trace.value !== undefined) decode(trace.value, payload);
      return;
    case FRAME.originalHead:
      originalHead = head();
      return;
    case FRAME.original:
      if (originalHead !== undefined) takeOriginal(originalHead, payload);
      return;
    case FRAME.news:
      news.value = json() as News;
      return;
  }
}

/** How many moves there are behind it; undefined when it was not obeyed, and the reason is said. */
export async function send(command: Command): Promise<number | undefined> {
  try {
    const response = await fetch("/command", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(command),
    });
    const answer = (await response.json()) as { readonly error?: string; readonly length?: number };
    notice.value = answer.error ?? "";
    return answer.length;
  } catch {
    notice.value = "The studio's server does not answer.";
    return undefined;
  }
}
