/**
 * What a refused request gives (paper, section "Failure handling"): chosen for each kind of hook, changeable at run time.
 * Silent: a read gives 0, a write is dropped. Device interrupt: the guest's driver sees a device error. Machine check:
 * the guest is ended.
 */
import type { ViolationKind } from "../devices/model.ts";

export type FailureAction = "silent" | "device-interrupt" | "machine-check";

export interface FailurePolicy {
  /** An access to a port the card does not have. */
  readonly port: "silent" | "machine-check";
  /** DMA outside the guest's memory. */
  readonly dma: FailureAction;
  /** An operation the device model has no transition for. */
  readonly transition: "silent" | "machine-check";
  /** What becomes of an owner that the watchdog takes the card from: its end, or a card that is as after power-on. */
  readonly stuck: "machine-check" | "reset";
}

/** The paper's choices for the NE2000. */
export const DEFAULT_FAILURE: FailurePolicy = {
  port: "silent",
  dma: "device-interrupt",
  transition: "machine-check",
  stuck: "machine-check",
};

/** A request that was stopped, and what the guest got for it. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly register: string;
  readonly reason: string;
  readonly action: FailureAction;
}

export const actionFor = (policy: FailurePolicy, kind: ViolationKind): FailureAction => policy[kind];
