/**
 * Frames for the guests of a shared card: what is for the one that holds the card goes on, the rest is kept for the
 * others. The strategies "hold" and "arrival" of the scenario; under "drop" nothing is kept and the card itself decides.
 */
import type { GuestId } from "../src/base/ids.ts";
import { isMulticast, MAC_BYTES, macKey } from "../src/ethernet/mac.ts";

/** A guest behind a card's port. */
export interface WireGuest {
  readonly id: GuestId;
  readonly mac: Uint8Array;
}

/** A frame on its way to a card. */
export interface CardBound {
  readonly bytes: Uint8Array;
  /** For this guest only; undefined: for whom the card takes it. */
  readonly guest: GuestId | undefined;
  /** Its bits have passed the line once, and it waits at the card's end. */
  readonly passed: boolean;
}

interface HeldFrame {
  readonly bytes: Uint8Array;
  readonly passed: boolean;
}

export interface HoldOptions {
  readonly guests: readonly WireGuest[];
  /** Frames kept for each guest; 1 or more. */
  readonly holdFrames: number;
  /** A frame is kept for a guest that had none; and again at each change of the holder while there are some. */
  readonly onWaiting: (guest: GuestId) => void;
}

export class Hold {
  readonly #options: HoldOptions;
  readonly #byMac: ReadonlyMap<number, GuestId>;
  readonly #queues: ReadonlyMap<GuestId, HeldFrame[]>;
  readonly #dropped = new Map<GuestId, number>();
  #holder: GuestId | undefined;
  #copiedFrames = 0;
  #reflectedFrames = 0;

  constructor(options: HoldOptions) {
    this.#options = options;
    this.#byMac = new Map(options.guests.map(({ id, mac }) => [macKey(mac), id]));
    this.#queues = new Map(options.guests.map(({ id }) => [id, []]));
  }

  /** Copies made of group frames, beyond the one that came. */
  get copiedFrames(): number {
    return this.#copiedFrames;
  }

  /** Group frames that came back to their sender and were for nobody else here. */
  get reflectedFrames(): number {
    return this.#reflectedFrames;
  }

  /** Frames kept for `guest` now. */
  heldFrames(guest: GuestId): number {
    return this.#queues.get(guest)?.length ?? 0;
  }

  /** Frames for `guest` that found its queue full. */
  droppedFrames(guest: GuestId): number {
    return this.#dropped.get(guest) ?? 0;
  }

  /** Who holds the card from here on; undefined: nobody. */
  setHolder(holder: GuestId | undefined): void {
    this.#holder = holder;
    for (const [guest, queue] of this.#queues) {
      if (guest !== holder && queue.length > 0) this.#options.onWaiting(guest);
    }
  }

  /** The oldest frame kept for the holder. */
  takeHeld(): CardBound | undefined {
    const guest = this.#holder;
    const held = guest === undefined ? undefined : this.#queues.get(guest)?.shift();
    return held && { ...held, guest };
  }

  /** Keeps a frame for whom it must wait, and answers what of it goes to the card now. */
  admit(bytes: Uint8Array): CardBound | undefined {
    const guests = this.#addressees(bytes);
    if (guests === undefined) return { bytes, guest: undefined, passed: false };
    if (guests.length === 0) this.#reflectedFrames++;
    else this.#copiedFrames += guests.length - 1;
    for (const guest of guests) if (guest !== this.#holder) this.#keep(guest, { bytes, passed: false });
    const guest = this.#holder;
    return guest !== undefined && guests.includes(guest) ? { bytes, guest, passed: false } : undefined;
  }

  /**
   * At the card: true when the frame's guest still holds it; otherwise it is kept, before all newer ones. It does not go
   * over the line again: else no frame would arrive where guests hold the card for less than that takes.
   */
  arrives({ bytes, guest }: CardBound): boolean {
    if (guest === undefined || guest === this.#holder) return true;
    this.#keep(guest, { bytes, passed: true });
    return false;
  }

  /** The guests that the frame is for; undefined when it is for an address that none of them has. */
  #addressees(bytes: Uint8Array): readonly GuestId[] | undefined {
    if (isMulticast(bytes)) {
      const sender = this.#byMac.get(macKey(bytes, MAC_BYTES));
      return this.#options.guests.map(({ id }) => id).filter((id) => id !== sender);
    }
    const guest = this.#byMac.get(macKey(bytes));
    return guest === undefined ? undefined : [guest];
  }

  #keep(guest: GuestId, frame: HeldFrame): void {
    const queue = this.#queues.get(guest) ?? [];
    if (queue.length >= this.#options.holdFrames) {
      this.#dropped.set(guest, this.droppedFrames(guest) + 1);
      return;
    }
    if (frame.passed) queue.unshift(frame);
    else queue.push(frame);
    if (queue.length === 1) this.#options.onWaiting(guest);
  }
}
