/** Builds the wire of a scenario: the segment with its peers, and the ports of its uplinks. */
import { WireActor, type WireReport } from "../../actors/wire-body.ts";
import type { Ports } from "../machine/actor.ts";
import { makePeer } from "../peers/catalogue.ts";
import type { Scenario } from "../scenario/scenario.ts";

export type WireSnapshot = WireReport;

export interface BuiltWire {
  readonly actors: readonly WireActor[];
  begin(): void;
  /** The peers send nothing by themselves any more. */
  hush(): void;
  snapshot(): WireSnapshot;
}

export function buildWire({ mode, wire, cards, guests }: Scenario, ports: Ports): BuiltWire {
  const actor = new WireActor({
    mode,
    ports,
    cards: cards.map(({ id, rateBitsPerS, receive, holdFrames }) => ({
      card: id,
      rateBits: rateBitsPerS,
      bufferFrames: wire.bufferFrames,
      guests: guests.filter(({ card }) => card === id).map(({ id: guest, mac }) => ({ id: guest, mac })),
      receive,
      holdFrames,
    })),
    peers: wire.peers.map((peer) => ({
      peer: makePeer(peer),
      rateBits: wire.rateBitsPerS,
      bufferFrames: wire.bufferFrames,
    })),
    uplinks: wire.uplinks.map(({ id }) => ({
      uplink: id,
      rateBits: wire.rateBitsPerS,
      bufferFrames: wire.bufferFrames,
    })),
  });
  return {
    actors: [actor],
    begin: () => actor.start(),
    hush: () => actor.hush(),
    snapshot: () => actor.report(),
  };
}
