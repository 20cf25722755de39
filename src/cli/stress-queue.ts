/** A campaign on the workers of a queue, as `vpio stress` sees it. */
import { randomBytes } from "node:crypto";
import { readCounterexample } from "../export/counterexample-file.ts";
import { count, plural } from "../export/numbers.ts";
import { placeOf, RedisLink } from "../stress/queue/redis.ts";
import { type CampaignSpec, specOf } from "../stress/queue/spec.ts";
import { type Hand, type QueueProgress, submitCampaign } from "../stress/queue/submit.ts";
import { buildName } from "../stress/queue/threads.ts";
import type { SeedRange, StressTally } from "../stress/range.ts";
import type { SavedCounterexample } from "../stress/saved.ts";
import type { Ground, Order, Standing } from "./stress-ground.ts";

export interface QueueChoices {
  readonly url: URL;
  /** What the campaign is called there; undefined: whatever nobody else has. */
  readonly campaign: string | undefined;
  readonly narrate: (text: string) => void;
}

/** Throws a USAGE error when there is no Redis, a SCENARIO error when the plan cannot travel. */
export async function workersAt(order: Order, choices: QueueChoices): Promise<Ground> {
  const { url, narrate } = choices;
  const spec = specOf(order.plan, order.seeds, order.attempts);
  const place = placeOf(url);
  const link = await RedisLink.open(url, {
    onAway: (why) => narrate(`${place} is away (${why}); waiting for it`),
    onBack: () => narrate(`${place} is back`),
  });
  return new Workers(spec, link, choices);
}

class Workers implements Ground {
  readonly name: string;
  readonly #spec: CampaignSpec;
  readonly #link: RedisLink;
  readonly #campaign: string;
  readonly #narrate: (text: string) => void;
  /** The replay files that came back, by their seeds. */
  #replays: ReadonlyMap<number, string> = new Map();
  #before: number | undefined;
  #missing = false;

  constructor(spec: CampaignSpec, link: RedisLink, { campaign, narrate }: QueueChoices) {
    this.#spec = spec;
    this.#link = link;
    this.#campaign = campaign ?? randomBytes(4).toString("hex");
    this.#narrate = narrate;
    this.name = `the workers at ${link.place}, as campaign ${this.#campaign}`;
  }

  async run(signal: AbortSignal, onProgress: (standing: Standing) => void): Promise<StressTally> {
    const { ending, tally, shrunk, cleared } = await submitCampaign({
      ...{ link: this.#link, build: buildName(), name: this.#campaign, spec: this.#spec, signal },
      onProgress: (progress) => onProgress(this.#standing(progress)),
    });
    this.#replays = new Map(shrunk.map(({ seed, replay }) => [seed, replay]));
    const { place } = this.#link;
    if (ending === "lost")
      this.#narrate(
        `${place} has been away for too long; --campaign ${this.#campaign} goes on once it is back`,
      );
    else if (!cleared)
      this.#narrate(`${place} is away, and does not know that campaign ${this.#campaign} is over`);
    return tally;
  }

  get shrunk(): readonly number[] {
    return [...this.#replays.keys()];
  }

  /** The workers shrink one seed of each kind: what has none does not fail twice. */
  async explain(seed: number): Promise<SavedCounterexample | undefined> {
    const replay = this.#replays.get(seed);
    return replay === undefined ? undefined : readCounterexample(replay, `seed ${seed}`).found;
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  #standing({ tally, hands }: QueueProgress): Standing {
    this.#before ??= tally.seeds;
    if (hands.length === 0 && !this.#missing)
      this.#narrate(`no worker is there: start some with vpio worker --queue ${this.#link.place}`);
    this.#missing = hands.length === 0;
    return { tally, before: this.#before, hands: handsText(hands) };
  }
}

/** "3 workers: alpha at 100 to 124, beta elsewhere, gamma idle". */
export function handsText(hands: readonly Hand[]): string {
  const each = hands.map(({ name, ranges, isElsewhere }) => {
    if (ranges.length === 0) return `${name} ${isElsewhere ? "elsewhere" : "idle"}`;
    return `${name} at ${ranges.map(rangeText).join(" and ")}`;
  });
  return hands.length === 0 ? "no worker" : `${plural(hands.length, "worker")}: ${each.join(", ")}`;
}

const rangeText = ({ first, count: seeds }: SeedRange): string =>
  `${count(first)} to ${count(first + seeds - 1)}`;
