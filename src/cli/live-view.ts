/** Shows on stderr how a run goes: a table redrawn in place on a terminal, else a line each second. */
import { stripVTControlCharacters } from "node:util";
import { NS_PER_MS, NS_PER_S } from "../base/units.ts";
import type { RunReport } from "../engine/report.ts";
import { statusLine, statusTable } from "../export/live.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Terminal } from "./terminal.ts";

/** A terminal is redrawn, and a log gets a line, at most so often. */
const REDRAW_NS = 200 * NS_PER_MS;
const LINE_NS = NS_PER_S;

/** ECMA-48: cursor to the beginning of the line `n` above; erase from there to the end of the screen. */
const up = (n: number): string => (n === 0 ? "" : `\u001b[${n}F`);
const ERASE_BELOW = "\u001b[0J";

export class LiveView {
  readonly #scenario: Scenario;
  readonly #terminal: Terminal;
  #before: RunReport | undefined;
  /** Lines of the table that is on the screen. */
  #drawn = 0;

  constructor(scenario: Scenario, terminal: Terminal) {
    this.#scenario = scenario;
    this.#terminal = terminal;
  }

  /** For the engine's progress. */
  readonly show = (now: RunReport): void => {
    const window = this.#terminal.window();
    const sinceNs = now.elapsedNs - (this.#before?.elapsedNs ?? 0);
    if (sinceNs < (window === undefined ? LINE_NS : REDRAW_NS)) return;
    const look = { before: this.#before, now, scenario: this.#scenario };
    this.#before = now;
    if (window === undefined) this.#terminal.err(`${statusLine(look)}\n`);
    else this.#draw(statusTable(look, window.rows - 1, this.#terminal.errStyle), window.columns);
  };

  /** Takes the table away. */
  clear(): void {
    if (this.#drawn > 0) this.#terminal.err(up(this.#drawn) + ERASE_BELOW);
    this.#drawn = 0;
  }

  /** A line that wrapped would put the cursor out of step, so each is cut to the window. */
  #draw(lines: readonly string[], columns: number): void {
    const cut = lines.map((line) => {
      const plain = stripVTControlCharacters(line);
      return plain.length < columns ? line : plain.slice(0, columns - 1);
    });
    this.#terminal.err(`${up(this.#drawn)}${ERASE_BELOW}${cut.join("\n")}\n`);
    this.#drawn = cut.length;
  }
}
