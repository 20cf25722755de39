/** Runs for the tests of their exports. */
import { type Played, playScenario } from "../../../src/export/runs/play.ts";
import { duel, talk } from "../../stress/support.ts";
import { scenarioOf } from "../../support/seeded.ts";

/** Two senders that take turns with one card, to their end. */
export const playDuel = (moves = 100_000): Promise<Played> =>
  playScenario(scenarioOf(duel("rtl8139")), 7, { moves });

/** An NE2000, frames that wait for their guest. */
export const playTalk = (moves = 20_000): Promise<Played> =>
  playScenario(scenarioOf(talk("ne2000")), 3, { moves });
