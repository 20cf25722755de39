/**
 * Is a device model sound? A model beside the silicon that it follows, through every order of driver, card, wire and VMM:
 * whenever the model says reusable, the card has no transmit under way or queued. A state is found again by doing again
 * what led to it, since silicon cannot be copied.
 */
import { ACTIONS, type Action, CardUnderModel } from "./card-under-model.ts";

export const MODEL_NAMES = ["rtl8139", "paper/rtl8139"] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

/** A state in which the model is wrong, and a shortest way to it. */
export interface Hole {
  readonly what: string;
  readonly steps: readonly { readonly what: string; readonly state: string }[];
}

export interface ModelFinding {
  readonly model: ModelName;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly hole: Hole | undefined;
}

/** Searches breadth first, to the first hole or to the end. */
export function checkModel(model: ModelName): ModelFinding {
  const first = new CardUnderModel(model);
  const seen = new Set([first.key]);
  const queue: (readonly Action[])[] = [[]];
  let transitions = 0;
  let depth = 0;
  for (const way of queue) {
    depth = way.length;
    for (const action of ACTIONS) {
      const card = after(model, way);
      if (!card.can(action)) continue;
      card.take(action);
      transitions++;
      const { key } = card;
      if (seen.has(key)) continue;
      seen.add(key);
      const longer = [...way, action];
      if (card.reusable && card.transmitting)
        return { model, states: seen.size, transitions, depth: longer.length, hole: holeAt(model, longer) };
      queue.push(longer);
    }
  }
  return { model, states: seen.size, transitions, depth, hole: undefined };
}

function after(model: ModelName, way: readonly Action[]): CardUnderModel {
  const card = new CardUnderModel(model);
  for (const action of way) card.take(action);
  return card;
}

const NUMBERS = ["no", "one", "two", "three", "four"] as const;

function holeAt(model: ModelName, way: readonly Action[]): Hole {
  const card = new CardUnderModel(model);
  const steps = way.map((action) => ({ what: card.take(action), state: card.modelState }));
  const count = (action: Action): string => NUMBERS[way.filter((one) => one === action).length] ?? "many";
  return {
    what: `${count("transmit")} transmits, ${count("phy")} TOK, reusable with a DMA in flight`,
    steps,
  };
}
