/** What a worker says while it works: a line for what is worth one, and now and then how much it has done. */
import { count, plural } from "../export/numbers.ts";
import type { Served, ServeNews } from "../stress/queue/serve.ts";
import { ProgressLine } from "./progress-line.ts";
import type { Terminal } from "./terminal.ts";

/** "80 ranges, 2,000 seeds, 1 violation". */
export const servedText = ({ ranges, seeds, failures }: Served): string =>
  `${plural(ranges, "range")}, ${plural(seeds, "seed")}, ${plural(failures, "violation")}`;

export class WorkerNews {
  readonly #terminal: Terminal;
  readonly #build: string;
  readonly #quiet: boolean;
  readonly #line: ProgressLine;
  readonly #campaigns = new Set<string>();

  constructor(terminal: Terminal, build: string, quiet: boolean) {
    this.#terminal = terminal;
    this.#build = build;
    this.#quiet = quiet;
    this.#line = new ProgressLine(terminal);
  }

  tell(news: ServeNews): void {
    switch (news.kind) {
      case "began":
        if (!this.#campaigns.has(news.campaign))
          this.say(`campaign ${news.campaign}: ${plural(news.spec.seeds.count, "seed")}`);
        this.#campaigns.add(news.campaign);
        return;
      case "ended":
        this.#tellEnd(news);
        if (!this.#quiet) this.#line.show(() => servedText(news.served));
        return;
      case "foreign":
        return this.say(
          `campaign ${news.campaign} is for vpio ${news.build}, this is ${this.#build}: it is left to others`,
        );
    }
  }

  say(text: string): void {
    if (this.#quiet) return;
    this.#line.clear();
    this.#terminal.err(`${this.#terminal.errStyle.dim(text)}\n`);
  }

  /** Takes away what is not to stay. */
  clear(): void {
    this.#line.clear();
  }

  #tellEnd({ campaign, range, outcome, counted }: ServeNews & { readonly kind: "ended" }): void {
    const where = `campaign ${campaign}, seeds ${count(range.first)} to ${count(range.first + range.count - 1)}`;
    if (!counted) return this.say(`${where}: somebody else was quicker, or it is over`);
    if (outcome.kind === "broken") return this.say(`${where}: ${outcome.why}`);
    for (const { seed, violation } of outcome.tally.failures)
      this.say(`campaign ${campaign}, seed ${seed}: ${violation.incident.what}`);
  }
}
