/** Builds the NIC of one worker: the silicon in its slot on host memory. */
import { NicActor } from "../../actors/nic-body.ts";
import { VpioError } from "../base/errors.ts";
import type { CardId } from "../base/ids.ts";
import { type Devices, deviceOf } from "../devices/catalogue.ts";
import type { ReceiveOutcome } from "../hardware/silicon.ts";
import type { Ports } from "../machine/actor.ts";
import { nicAddress } from "../protocol/address.ts";
import type { Card, Scenario } from "../scenario/scenario.ts";
import { type HostLayout, hostMemoryOf } from "./layout.ts";
import type { MakeSilicon, Taps } from "./taps.ts";

/** What the supervisor asks a NIC's worker for. */
export interface NicSnapshot {
  readonly stateName: string;
  readonly sentFrames: number;
  readonly sentBytes: number;
  readonly oversizeFrames: number;
  readonly received: Readonly<Record<ReceiveOutcome, number>>;
  /** By destination (macKey; groups under 0). */
  readonly missed: ReadonlyMap<number, Readonly<Record<Exclude<ReceiveOutcome, "stored">, number>>>;
  readonly refusedOperations: number;
  readonly foreignOperations: number;
  readonly dmaBytes: number;
}

export interface NicParts extends Pick<Taps, "onFrame" | "silicon"> {
  readonly scenario: Scenario;
  readonly devices: Devices;
  readonly layout: HostLayout;
  readonly card: CardId;
  readonly ports: Ports;
}

export interface BuiltNic {
  readonly actor: NicActor;
  snapshot(): NicSnapshot;
}

/**
 * The address in the card's own EEPROM or PROM. Only in passthrough mode does a guest see it: there it is the owner's, so
 * that the same scenario has the same stations in every mode.
 */
function burntInAddress({ mode, guests }: Scenario, { id, owner }: Card): Uint8Array {
  const mac = mode === "passthrough" && owner !== undefined ? guests[owner]?.mac : undefined;
  return mac ?? Uint8Array.of(0x52, 0x56, 0x50, 0xee, 0, id + 1);
}

export function buildNic({
  scenario,
  devices,
  layout,
  card: id,
  ports,
  onFrame,
  silicon,
}: NicParts): BuiltNic {
  const card = scenario.cards[id];
  if (card === undefined) throw new VpioError("INTERNAL", `there is no card ${id}`);
  const { makeSilicon } = deviceOf(devices, card.kind);
  const make: MakeSilicon = (slot) => makeSilicon(slot, burntInAddress(scenario, card));
  const actor = new NicActor({
    address: nicAddress(id),
    makeSilicon: silicon === undefined ? make : silicon(id, make),
    host: hostMemoryOf(layout, scenario, id),
    ports,
    ...(onFrame !== undefined && {
      onFrame: (frame) => onFrame({ ...frame, at: { kind: "card", card: id }, bytes: frame.bytes.slice() }),
    }),
  });
  return { actor, snapshot: () => ({ ...actor.counters, stateName: actor.stateName }) };
}
