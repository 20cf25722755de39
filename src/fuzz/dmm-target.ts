/** A card that a hostile guest shares with an innocent one, behind the DMM. */
import { invariant } from "../base/errors.ts";
import { guestId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { Neighbour } from "./neighbour.ts";
import { noise, noiseFrame } from "./noise.ts";
import type { FuzzOp } from "./operation.ts";
import type { CardProfile } from "./profile.ts";
import { IO_BASE, SharedCard, type Tenant } from "./shared-card.ts";
import { countOutcome, MACS, newTally, passTime, type Tally, type Target } from "./target.ts";
import { Broken } from "./watched-slot.ts";

/** Enough for the drivers; less than the largest ring of an RTL8139 with its slack, and no power of two. */
export const GUEST_BYTES = 0x1_5000;

export class DmmTarget implements Target {
  readonly tally: Tally;
  readonly #profile: CardProfile;
  readonly #card: SharedCard;
  readonly #hostile: Tenant;
  readonly #innocent: Tenant;
  readonly #neighbour: Neighbour;

  constructor(profile: CardProfile) {
    this.#profile = profile;
    this.#card = new SharedCard(
      profile,
      [
        [guestId(0), MACS.card],
        [guestId(1), MACS.neighbour],
      ],
      GUEST_BYTES,
    );
    const [hostile, innocent] = this.#card.tenants;
    invariant(hostile !== undefined && innocent !== undefined, "a shared card has two tenants here");
    this.#hostile = hostile;
    this.#innocent = innocent;
    this.tally = newTally(this.#card.slot.tally);
    this.#card.onViolations = (violations) => {
      this.tally.violations += violations.length;
    };
    this.#card.handOff(this.#innocent, () => undefined);
    this.#neighbour = new Neighbour(profile, this.#card, this.#innocent);
    this.#neighbour.leave();
    this.#give(this.#hostile, () => undefined);
  }

  apply(op: FuzzOp): void {
    const { slot, silicon } = this.#card;
    slot.begin(this.#profile.work);
    switch (op.kind) {
      case "in":
        this.#card.guestOperation({ kind: "in", port: IO_BASE + op.offset, width: op.width });
        return;
      case "out":
        this.#card.guestOperation({
          kind: "out",
          port: IO_BASE + op.offset,
          width: op.width,
          value: op.value,
        });
        return;
      case "ins":
      case "outs": {
        const { kind, width, count, address } = op;
        this.#card.guestOperation({ kind, port: IO_BASE + op.offset, width, count, address });
        return;
      }
      case "scribble":
        return this.#hostile.memory.write(op.address, noise(op.bytes, op.seed));
      case "frame":
        return countOutcome(this.tally, silicon.receive(noiseFrame(op, MACS)));
      case "transmitted":
        return this.#card.leave();
      case "timer":
        return silicon.timer();
      case "pass":
        return passTime(slot, silicon, op.ns, this.#profile.work);
      case "service":
        return this.#card.service();
      case "handOff":
        return this.#visitNeighbour(op.seed);
      case "reset":
        throw new Broken("no guest resets the bus of a shared card");
    }
  }

  finish(): void {
    this.#visitNeighbour(0);
  }

  /** The card goes to the neighbour, willingly or not, and back. */
  #visitNeighbour(seed: number): void {
    const prng = new Prng(seed);
    const before = (): void => this.#disturb(prng);
    this.#neighbour.checkMemory();
    if (!this.#give(this.#innocent, before)) {
      // Transmits under way end by themselves; whatever else keeps the card does not.
      this.#card.leave();
      this.#card.service();
      if (!this.#give(this.#innocent, before)) this.#takeAway(before);
    }
    this.tally.handOffs++;
    this.#neighbour.comeBack();
    // What the hostile guest had at the PHY may leave as late as this.
    this.#card.leave();
    this.#card.service();
    this.#neighbour.leave();
    if (!this.#give(this.#hostile, () => undefined)) throw new Broken("the neighbour's card is not reusable");
  }

  #give(to: Tenant, before: () => void): boolean {
    return this.#card.handOff(to, before);
  }

  #takeAway(before: () => void): void {
    this.tally.takenAway++;
    this.#card.takeAway(before);
    this.#give(this.#innocent, before);
  }

  /** What the wire may do between two operations of a handoff: nothing that the neighbour would take for its own. */
  #disturb(prng: Prng): void {
    const { silicon, slot } = this.#card;
    if (!prng.chance(1, 16)) return;
    slot.begin(this.#profile.work);
    if (prng.chance(1, 3)) return this.#card.leave();
    if (prng.chance(1, 3)) return silicon.timer();
    const frame = noiseFrame({ bytes: prng.below(2000), to: "card", seed: prng.u32() }, MACS);
    countOutcome(this.tally, silicon.receive(frame));
  }
}
