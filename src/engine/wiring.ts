/**
 * Who can send to whom on the threads engine, as plain data: one ring for each pair of actors that exchange messages, one
 * doorbell for each worker. Made by the main thread, handed to the workers at their start.
 */
import { invariant } from "../base/errors.ts";
import {
  type Address,
  addressName,
  arbiterAddress,
  guestAddress,
  nicAddress,
  roleOf,
  uplinkAddress,
  WIRE,
} from "../protocol/address.ts";
import { CONTROL_CELL_BYTES, FRAME_CELL_BYTES } from "../protocol/codec.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { createDoorbell, type DoorbellSpec } from "../transport/doorbell.ts";
import { createRing, type RingSpec } from "../transport/ring.ts";

/** Cells of a ring: more than the messages that can be under way, so that only interrupts and frames ever wait for room. */
const CONTROL_CELLS = 256;
const FRAME_CELLS = 256;

export interface Channel {
  readonly from: Address;
  readonly to: Address;
  readonly ring: RingSpec;
}

/** A worker hosts one guest, one NIC, all arbiters, the wire, or one uplink. */
export type WorkerName = string;

export interface Wiring {
  readonly channels: readonly Channel[];
  /** By worker name. */
  readonly doorbells: ReadonlyMap<WorkerName, DoorbellSpec>;
}

/** The worker in which an actor lives. */
export function workerOf(address: Address): WorkerName {
  return roleOf(address) === "arbiter" ? "arbiter" : addressName(address);
}

export function wireUp(scenario: Scenario): Wiring {
  const pairs: (readonly [Address, Address])[] = [];
  for (const { id, card } of scenario.guests) {
    pairs.push([guestAddress(id), nicAddress(card)], [guestAddress(id), arbiterAddress(card)]);
  }
  for (const { id } of scenario.cards) {
    pairs.push([arbiterAddress(id), nicAddress(id)], [nicAddress(id), WIRE], [arbiterAddress(id), WIRE]);
  }
  for (const { id } of scenario.wire.uplinks) pairs.push([uplinkAddress(id), WIRE]);
  const channels = pairs.flatMap(([a, b]) => [channel(a, b), channel(b, a)]);
  const names = new Set(channels.map(({ to }) => workerOf(to)));
  return { channels, doorbells: new Map([...names].map((name) => [name, createDoorbell()])) };
}

function channel(from: Address, to: Address): Channel {
  const roles = [roleOf(from), roleOf(to)];
  const frames = roles.includes("wire") && !roles.includes("arbiter");
  const shape = frames
    ? { cells: FRAME_CELLS, cellBytes: FRAME_CELL_BYTES }
    : { cells: CONTROL_CELLS, cellBytes: CONTROL_CELL_BYTES };
  return { from, to, ring: createRing({ ...shape, name: `${addressName(from)} to ${addressName(to)}` }) };
}

export function doorbellOf(wiring: Wiring, name: WorkerName): DoorbellSpec {
  const spec = wiring.doorbells.get(name);
  invariant(spec !== undefined, `worker ${name} has a doorbell`);
  return spec;
}
