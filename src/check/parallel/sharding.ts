/**
 * Which worker a state belongs to: the same one for all states that differ only in names, whoever asks. It goes by what the
 * arbiter knows of each guest and of the card. Most steps leave that as it is, so what they lead to stays with its worker; and
 * states with the same head belong to the same worker, so what a head can do is worked out by one of them only.
 */
import type { Phase } from "../../devices/model.ts";
import type { Canonical } from "../canonical.ts";
import type { Handoff } from "../handoff.ts";
import type { Pieces } from "../pieces.ts";
import { mixed } from "../tuple-set.ts";

const PHASES: readonly Phase[] = ["reusable", "completing", "programming"];

export class Sharding {
  readonly #system: Handoff;
  readonly #pieces: Pieces;
  readonly #canonical: Canonical;
  readonly #workers: number;
  /** By head. */
  readonly #known: number[] = [];

  constructor(system: Handoff, pieces: Pieces, canonical: Canonical, workers: number) {
    this.#system = system;
    this.#pieces = pieces;
    this.#canonical = canonical;
    this.#workers = workers;
  }

  workerOf(state: Int32Array): number {
    const head = state[0] ?? 0;
    this.#known[head] ??= this.#workerFor(state);
    return this.#known[head];
  }

  #workerFor(state: Int32Array): number {
    const [arbiter = 0] = this.#pieces.heads.words(state[0] ?? 0);
    const { phase, lent, line } = this.#system.arbiters.named.item(arbiter);
    const card = 4 * PHASES.indexOf(phase) + 2 * Number(lent) + Number(line);
    // A sum: guests come in any order.
    const all = this.#canonical
      .viewsOf(state)
      .reduce((sum, view) => (sum + mixed(view + 1)) | 0, mixed(~card));
    return (mixed(all) >>> 3) % this.#workers;
  }
}
