/**
 * Where a run on one thread can be looked into, beside its messages. A tap is in the way of things and changes none; nor
 * does an actor ask anything for its sake, but for the time of a frame.
 */
import type { HandoffRecord } from "../../actors/vmm.ts";
import type { CardId, GuestId } from "../base/ids.ts";
import type { Software } from "../hardware/processor.ts";
import type { Silicon, Slot } from "../hardware/silicon.ts";
import type { Violation } from "../vpio/failure.ts";
import type { CapturedFrame } from "./report.ts";

/** Makes a card in its slot. */
export type MakeSilicon = (slot: Slot) => Silicon;

export interface Taps {
  /** Each frame at a card's connector, and at the border of a guest's kernel and its driver. */
  readonly onFrame?: ((frame: CapturedFrame) => void) | undefined;
  /** The time of a frame at a kernel's border; unless given, its guest asks its own clock. */
  readonly frameNs?: (() => number) | undefined;
  /** The arbiter gives a card away, takes it back, or takes it by force. */
  readonly onHandoff?: ((card: CardId, record: HandoffRecord) => void) | undefined;
  /** The VMM has stopped a request. */
  readonly onViolation?: ((guest: GuestId, violation: Violation) => void) | undefined;
  /** Between a card and its slot, and before its ports. */
  readonly silicon?: ((card: CardId, make: MakeSilicon) => MakeSilicon) | undefined;
  /** Between a guest's software and its processor. */
  readonly software?: ((guest: GuestId, software: Software) => Software) | undefined;
}
