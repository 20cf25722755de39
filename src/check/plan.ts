/** What `vpio check` explores: worlds of one policy and so many guests, for each card of a scenario or without one. */
import type { Scenario } from "../scenario/scenario.ts";
import type { Bounds } from "./bodies/contract.ts";
import type { PolicyName } from "./policies.ts";
import { boundsOf, type ExploredFault, type World, withFaults } from "./worlds.ts";

/** Who takes turns with a card, and how. */
export interface Share {
  /** Undefined: no scenario's. */
  readonly card: string | undefined;
  readonly guests: number;
  /** Guests that the scenario gives the card to; more than are explored, perhaps. */
  readonly users: number;
  readonly policy: PolicyName;
}

export interface PlannedWorld {
  readonly share: Share;
  readonly world: World;
  readonly bounds: Bounds;
}

export interface PlanChoices {
  readonly worlds: readonly World[];
  readonly guests: number | undefined;
  readonly policy: PolicyName | undefined;
  readonly faults: readonly ExploredFault[];
  /** Operations that a guest may pass through in one ownership, in every world; undefined: as many as the world has. */
  readonly passed: number | undefined;
}

/** More guests are too many for any machine. */
export const GUESTS_MAX = 5;
/** More than that is more of the same: what counts is whether something is under way, and something behind it. */
export const PASSED_MAX = 3;
const GUESTS_ALONE = 2;
/** Of a scenario's guests so many are explored unless told: that takes seconds, and not hours. */
const GUESTS_OF_SCENARIO = 3;

/**
 * Cards share nothing but the host: a guest has one card, and each card an arbiter of its own. So each is checked by
 * itself. What the choices say goes before what the scenario says.
 */
export function planOf(choices: PlanChoices, scenario: Scenario | undefined): readonly PlannedWorld[] {
  return sharesOf(choices, scenario).flatMap((share) =>
    choices.worlds.map((world) => {
      const bounds = withFaults(boundsOf(world, share.guests, share.policy), choices.faults);
      return { share, world, bounds: { ...bounds, passed: choices.passed ?? bounds.passed } };
    }),
  );
}

function sharesOf({ guests, policy }: PlanChoices, scenario: Scenario | undefined): readonly Share[] {
  if (scenario === undefined) {
    const alone = guests ?? GUESTS_ALONE;
    return [{ card: undefined, guests: alone, users: alone, policy: policy ?? "fifo" }];
  }
  return scenario.cards.flatMap((card) => {
    const users = scenario.guests.filter((guest) => guest.card === card.id).length;
    if (users === 0) return [];
    const explored = guests ?? Math.min(users, GUESTS_OF_SCENARIO);
    return [{ card: card.name, guests: explored, users, policy: policy ?? card.policy.kind }];
  });
}
