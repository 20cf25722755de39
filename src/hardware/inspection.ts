/**
 * A window for checkers: what the future of a card, or of the model that follows it, depends on beside what
 * happens to it. Two that show the same do the same from here on.
 *
 * It only shows: nothing can be put back through it, so it is no way to save a card and restore it. Nor does
 * any part of the machine look through it (a test holds them to that): a VMM knows a card by its ports.
 */

/** Plain data: numbers, texts, truth values, bytes, and lists, maps and records of them. */
export type Innards = Readonly<Record<string, unknown>>;

export interface Inspectable {
  /** Live: what is shown changes with the card. */
  inspect(): Innards;
}
