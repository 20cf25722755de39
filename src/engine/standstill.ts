/**
 * Which guests wait for an answer, and how long for one and the same, as the supervisor sees them: it looks a few times a
 * second, so that what it says is the least that can be true.
 */
import type { GuestSnapshot } from "./guest-worker.ts";
import type { Standstill } from "./report.ts";

interface Sighting extends Standstill {
  /** What changes with everything that the guest does. */
  readonly mark: string;
}

export class StandstillWatch {
  readonly #seen = new Map<number, Sighting>();

  /** `snapshots`, by guest id, were asked for at `askedNs` and had at `nowNs`. */
  look(snapshots: readonly (GuestSnapshot | undefined)[], askedNs: number, nowNs: number): void {
    for (const [guest, snapshot] of snapshots.entries()) {
      if (snapshot === undefined || !snapshot.stateName.includes("waiting")) {
        this.#seen.delete(guest);
        continue;
      }
      const { operations, passthroughOperations, exits, fenced } = snapshot.io;
      const mark = [snapshot.stateName, operations, passthroughOperations, exits, fenced].join(" ");
      const before = this.#seen.get(guest);
      const sinceNs = before?.mark === mark ? before.sinceNs : nowNs;
      this.#seen.set(guest, { mark, sinceNs, untilNs: Math.max(sinceNs, askedNs) });
    }
  }

  /** How the guest stood at the last look; undefined when it waited for nothing. */
  of(guest: number): Standstill | undefined {
    const seen = this.#seen.get(guest);
    return seen && { sinceNs: seen.sinceNs, untilNs: seen.untilNs };
  }
}
