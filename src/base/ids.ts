/** Identities that must not be mixed up: each is a number at run time and a type of its own to the compiler. */

declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

/** A guest VM: its index in the scenario, from 0. */
export type GuestId = Branded<"GuestId">;
/** A physical card: its index in the scenario, from 0. */
export type CardId = Branded<"CardId">;
/** A link from the wire to the outside: its index in the scenario, from 0. */
export type UplinkId = Branded<"UplinkId">;
/** One ownership of one card. 0 means that nobody owns it; each grant takes the next number. */
export type Epoch = Branded<"Epoch">;
/** An address as a guest sees it. */
export type GuestPhysical = Branded<"GuestPhysical">;
/** An address in the memory of the host: what a card without IOMMU puts on the bus. */
export type HostPhysical = Branded<"HostPhysical">;

export const guestId = (index: number): GuestId => index as GuestId;
export const cardId = (index: number): CardId => index as CardId;
export const uplinkId = (index: number): UplinkId => index as UplinkId;
export const epoch = (value: number): Epoch => value as Epoch;
export const guestPhysical = (address: number): GuestPhysical => address as GuestPhysical;
export const hostPhysical = (address: number): HostPhysical => address as HostPhysical;

/** The epoch in which a card belongs to nobody: every guest's operation is stale. */
export const NOBODY: Epoch = epoch(0);
