/** Our silicon with one thing broken, from outside: between the card and its window, its wire and its slot. */
import type { Width } from "../../../src/hardware/cpu.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../../../src/hardware/silicon.ts";

/** What is broken. Each hook stands around one thing that passes; `go` lets it through, `card` is the sound card. */
export interface Breakage {
  readonly read?: (go: () => number, offset: number, width: Width, card: Silicon) => number;
  readonly write?: (
    go: (value: number) => void,
    value: number,
    offset: number,
    width: Width,
    card: Silicon,
  ) => void;
  readonly receive?: (
    go: (frame: Uint8Array) => ReceiveOutcome,
    frame: Uint8Array,
    card: Silicon,
  ) => ReceiveOutcome;
  readonly transmit?: (go: (frame: Uint8Array) => void, frame: Uint8Array, card: Silicon) => void;
  readonly dmaRead?: (go: (address: number) => void, address: number, into: Uint8Array) => void;
  readonly dmaWrite?: (
    go: (address: number, bytes: Uint8Array) => void,
    address: number,
    bytes: Uint8Array,
    card: Silicon,
  ) => void;
  readonly interrupt?: (level: boolean, card: Silicon) => boolean;
}

export interface Mutation {
  /** The class of behaviour that it stands for; no two mutations of a card have the same. */
  readonly behaviour: string;
  readonly broken: string;
  /** A fresh breakage for each card: it may have a memory. */
  readonly make: () => Breakage;
}

export class Mutant implements Silicon {
  readonly portBytes: number;
  readonly #card: Silicon;
  readonly #breakage: Breakage;

  constructor(makeCard: (slot: Slot) => Silicon, slot: Slot, breakage: Breakage) {
    this.#breakage = breakage;
    const built: { card?: Silicon } = {};
    this.#card = makeCard(brokenSlot(slot, breakage, built));
    built.card = this.#card;
    this.portBytes = this.#card.portBytes;
  }

  readPort(offset: number, width: Width): number {
    const go = (): number => this.#card.readPort(offset, width);
    const { read } = this.#breakage;
    return read === undefined ? go() : read(go, offset, width, this.#card) >>> 0;
  }

  writePort(offset: number, width: Width, value: number): void {
    const go = (written: number): void => this.#card.writePort(offset, width, written >>> 0);
    const { write } = this.#breakage;
    if (write === undefined) go(value);
    else write(go, value, offset, width, this.#card);
  }

  receive(frame: Uint8Array): ReceiveOutcome {
    const go = (seen: Uint8Array): ReceiveOutcome => this.#card.receive(seen);
    return this.#breakage.receive?.(go, frame, this.#card) ?? go(frame);
  }

  transmitted(): void {
    this.#card.transmitted();
  }
  timer(): void {
    this.#card.timer();
  }
  reset(): void {
    this.#card.reset();
  }
}

/** `built.card` is there once the card is built; what it does before goes through. */
function brokenSlot(slot: Slot, breakage: Breakage, built: { readonly card?: Silicon }): Slot {
  return {
    dmaRead: (address, into) => {
      const go = (from: number): void => slot.dmaRead(from, into);
      if (breakage.dmaRead === undefined) go(address);
      else breakage.dmaRead(go, address, into);
    },
    dmaWrite: (address, from) => {
      const go = (to: number, bytes: Uint8Array): void => slot.dmaWrite(to >>> 0, bytes);
      if (breakage.dmaWrite === undefined || built.card === undefined) go(address, from);
      else breakage.dmaWrite(go, address, from, built.card);
    },
    setInterrupt: (level) => {
      const { interrupt } = breakage;
      slot.setInterrupt(
        interrupt === undefined || built.card === undefined ? level : interrupt(level, built.card),
      );
    },
    transmit: (frame) => {
      const go = (seen: Uint8Array): void => slot.transmit(seen);
      if (breakage.transmit === undefined || built.card === undefined) go(frame);
      else breakage.transmit(go, frame, built.card);
    },
    nowNs: () => slot.nowNs(),
    wakeAt: (atNs) => slot.wakeAt(atNs),
  };
}

/** A read of one register that answers something else. */
export const misread = (at: number, change: (value: number, card: Silicon) => number): Breakage => ({
  read: (go, offset, _width, card) => (offset === at ? change(go(), card) : go()),
});

/** A write to one register that writes something else; undefined writes nothing. */
export const miswrite = (
  at: number,
  change: (value: number, card: Silicon) => number | undefined,
): Breakage => ({
  write: (go, value, offset, _width, card) => {
    const written = offset === at ? change(value, card) : value;
    if (written !== undefined) go(written);
  },
});

/** A register that hides from its reader what has become of the value written to it. */
export function secretly(at: number, change: (value: number) => number, shown: number): Breakage {
  let last: number | undefined;
  return {
    write: (go, value, offset) => {
      if (offset !== at) return go(value);
      last = value;
      go(change(value));
    },
    read: (go, offset) => {
      const value = go();
      return offset === at && last !== undefined ? (value & ~shown) | (last & shown) : value;
    },
  };
}
