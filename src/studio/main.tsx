/** The entry of the application: opens the report that the page holds, or follows the server that it came from. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { listenToKeys } from "./keys.ts";
import { follow, send } from "./live.ts";
import { heard } from "./player.ts";
import { openReport } from "./report.ts";
import { canGoOn, length, notice, shown } from "./store.ts";
import "./studio.css";
import { fromHash, toHash } from "./url-state.ts";

/** Browsers let a page change its address only so often. */
const ADDRESS_PAUSE_MS = 300;

function keepAddress(): void {
  shown.value = fromHash(location.hash);
  window.addEventListener("hashchange", () => {
    shown.value = fromHash(location.hash);
  });
  let timer: number | undefined;
  effect(() => {
    const hash = toHash(shown.value);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (hash !== location.hash) history.replaceState(null, "", hash === "" ? location.pathname : hash);
    }, ADDRESS_PAUSE_MS);
  });
}

/** An address may mean a move that a live run has not come to. */
function seekAddress(): void {
  if (shown.value.move > length.value && canGoOn.value) void send({ do: "seek", move: shown.value.move });
}

async function begin(): Promise<void> {
  keepAddress();
  listenToKeys();
  const root = document.getElementById("studio");
  if (root !== null) render(<App />, root);
  if (await openReport()) return;
  let isFirst = true;
  await follow((news) => {
    heard(news);
    if (isFirst) seekAddress();
    isFirst = false;
  });
}

begin().catch((error: unknown) => {
  notice.value = `This page cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
});
