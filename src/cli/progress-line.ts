/** One line on stderr that says how long work goes: redrawn in place on a terminal, else repeated now and then. */
import type { Terminal } from "./terminal.ts";

const REDRAW_MS = 200;
const REPEAT_MS = 5000;
/** ECMA-48: erase the line; the cursor goes to its beginning with a carriage return. */
const ERASE = "\r\u001b[2K";

export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #nowMs: () => number;
  /** Undefined until there is something to show. */
  #shownMs: number | undefined;
  #drawn = false;

  /** `nowMs`: a clock that does not go back. */
  constructor(terminal: Terminal, nowMs: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
  }

  /** Shows what `text` says, if it is time to. */
  show(text: () => string): void {
    const window = this.#terminal.window();
    const nowMs = this.#nowMs();
    this.#shownMs ??= nowMs;
    if (nowMs - this.#shownMs < (window === undefined ? REPEAT_MS : REDRAW_MS)) return;
    this.#shownMs = nowMs;
    if (window === undefined) return this.#terminal.err(`${text()}\n`);
    this.#terminal.err(ERASE + text().slice(0, window.columns - 1));
    this.#drawn = true;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn) this.#terminal.err(ERASE);
    this.#drawn = false;
  }
}
