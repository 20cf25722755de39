/**
 * Property 3. Without an IOMMU a card masters the bus wherever it was programmed to: each transfer must lie in the memory
 * of the guest that owns the card at that moment, or in the VMM's own for this card. And whatever has happened, memory
 * that a guest's kernel has not taken into use is as it was.
 */
import type { CardId } from "../../base/ids.ts";
import type { Slab } from "../../hardware/memory.ts";
import { guestAddress, nicAddress } from "../../protocol/address.ts";
import { isBare, ownerOf } from "./ledger.ts";
import type { Incident, Oracle, Witness } from "./oracle.ts";

const within = (slab: Slab | undefined, address: number, bytes: number): boolean =>
  slab !== undefined && address >= slab.host && address + bytes <= slab.host + slab.bytes;

export const dma: Oracle = {
  name: "dma",
  property: 3,
  watch(scene): Witness {
    const { run, nameOf, accuse } = scene;
    const { scenario, layout } = run;
    if (scenario.mode === "passthrough") return {};
    const changed = new Map<CardId, Incident>();
    const slabOwner = (address: number): string => {
      const guest = scenario.guests.find(({ id }) => within(layout.guests[id], address, 1));
      return guest === undefined ? "nobody" : guest.name;
    };
    return {
      ...(scenario.mode === "vpio" && {
        dma: (card, write, address, bytes) => {
          const owner = ownerOf(scene, card);
          if (within(layout.scratch[card], address, bytes)) return;
          if (owner !== undefined && within(layout.guests[owner], address, bytes)) return;
          const what = `${bytes} bytes ${write ? "to" : "from"} memory of ${slabOwner(address)}`;
          const holder = owner === undefined ? "nobody owns it" : `it is ${nameOf(guestAddress(owner))}'s`;
          accuse(
            `${nameOf(nicAddress(card))} transfers ${what} by DMA (0x${address.toString(16)}), and ${holder}`,
            changed.get(card),
          );
        },
      }),
      handoff: (card, { what, guest }) => {
        changed.set(
          card,
          scene.incident(`${nameOf(nicAddress(card))} was ${what}, ${nameOf(guestAddress(guest))}`),
        );
      },
      over: () => {
        for (const { memory, name, workload } of run.report(true).guests) {
          if (isBare(workload) || memory === undefined || memory.changedBytes === 0) continue;
          const first = `first at 0x${memory.firstChanged?.toString(16)}`;
          accuse(`${memory.changedBytes} bytes that ${name} has not taken into use have changed, ${first}`);
        }
      },
    };
  },
};
