/** How a card stands in a run at this moment: whose it is, whose operations it takes, and what is being done about that. */
import { ArbiterActor } from "../../actors/arbiter-body.ts";
import type { CardId, GuestId } from "../base/ids.ts";
import type { Phase } from "../devices/model.ts";
import type { Stage } from "./stage.ts";
import type { CardPhase } from "./trace.ts";

export interface CardHold {
  readonly owner: GuestId | undefined;
  readonly holder: GuestId | undefined;
  readonly phase: CardPhase;
}

export function holdOf({ nics, arbiters }: Stage, card: CardId): CardHold {
  const holder = nics[card]?.actor.holder;
  const arbiter = arbiters.actors[card];
  if (arbiter instanceof ArbiterActor) {
    const { owner, stateName } = arbiter;
    const phase = owner === undefined ? undefined : arbiter.models().get(owner)?.phase;
    return { owner, holder, phase: phaseOf(stateName, phase) };
  }
  return { owner: holder, holder, phase: holder === undefined ? "free" : "busy" };
}

/** `stateName`: of the arbiter; `model`: how near the owner's card is to being handed over. */
function phaseOf(stateName: string, model: Phase | undefined): CardPhase {
  const [state = ""] = stateName.split(".");
  switch (state) {
    case "restoring":
    case "granting":
      return "restoring";
    case "owned":
      return model === undefined || model === "reusable" ? "reusable" : "busy";
    case "revoking":
    case "draining":
    case "fencing":
    case "settling":
      return "revoking";
    case "saving":
      return "saving";
    case "wedged":
    case "resetting":
      return "resetting";
    case "lost":
      return "lost";
    default:
      return "free";
  }
}
