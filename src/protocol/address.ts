/** Who can send and receive messages: one address for each actor of a run. */
import { type CardId, cardId, type GuestId, guestId, type UplinkId, uplinkId } from "../base/ids.ts";

export type Role = "guest" | "nic" | "arbiter" | "wire" | "uplink";

const ROLES: readonly Role[] = ["guest", "nic", "arbiter", "wire", "uplink"];

declare const brand: unique symbol;
/** A role and an index, packed into one number. */
export type Address = number & { readonly [brand]: "Address" };

const pack = (role: number, index: number): Address => ((role << 16) | index) as Address;

export const guestAddress = (guest: GuestId): Address => pack(0, guest);
export const nicAddress = (card: CardId): Address => pack(1, card);
/** The arbiter of one card; all arbiters share a worker. */
export const arbiterAddress = (card: CardId): Address => pack(2, card);
export const WIRE: Address = pack(3, 0);
export const uplinkAddress = (uplink: UplinkId): Address => pack(4, uplink);

export const roleOf = (address: Address): Role => ROLES[address >>> 16] ?? "wire";
export const guestOf = (address: Address): GuestId => guestId(address & 0xffff);
export const uplinkOf = (address: Address): UplinkId => uplinkId(address & 0xffff);
export const cardOf = (address: Address): CardId => cardId(address & 0xffff);
export const addressName = (address: Address): string => `${roleOf(address)} ${address & 0xffff}`;
