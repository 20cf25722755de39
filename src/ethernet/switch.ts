/**
 * A learning switch (IEEE 802.1Q-2018, section 8), as a pure function of its table. Hairpin ports do the
 * reflective relay of 802.1Qbg: several stations behind one port reach each other through the switch. Not
 * implemented: aging by time, spanning tree, VLANs, the filtering of 01:80:c2:00:00:0x.
 */
import { HEADER_BYTES } from "./ethernet.ts";
import { isMulticast, MAC_BYTES, macKey } from "./mac.ts";

const DEFAULT_TABLE_ENTRIES = 1024;

export interface SwitchOptions {
  /** Ports that also get back what came from them. */
  readonly hairpin: ReadonlySet<number>;
  /**
   * How many addresses are remembered, 1,024 unless told; the one heard least recently gives way. The bound
   * keeps a station that forges its source addresses from growing the table for ever.
   */
  readonly tableEntries?: number;
}

export class LearningSwitch {
  /** Port by address, the address heard least recently first. */
  readonly #table = new Map<number, number>();
  readonly #tableEntries: number;
  readonly #hairpin: ReadonlySet<number>;
  /** Where a flooded frame goes, by its ingress. */
  readonly #floods: readonly (readonly number[])[];
  /** Where a frame for a known station goes, by the station's port. */
  readonly #single: readonly (readonly number[])[];

  /** Ports are numbered 0 .. `portCount` - 1. */
  constructor(portCount: number, options: SwitchOptions) {
    const ports = Array.from({ length: portCount }, (_, port) => port);
    this.#tableEntries = options.tableEntries ?? DEFAULT_TABLE_ENTRIES;
    this.#hairpin = options.hairpin;
    this.#floods = ports.map((ingress) =>
      ports.filter((port) => port !== ingress || options.hairpin.has(ingress)),
    );
    this.#single = ports.map((port) => [port]);
  }

  /** The ports that the frame leaves by, ascending; none for a frame without a whole header. */
  forward(ingress: number, frame: Uint8Array): readonly number[] {
    if (frame.length < HEADER_BYTES) return [];
    this.#learn(ingress, frame);
    const egress = isMulticast(frame) ? undefined : this.#table.get(macKey(frame));
    if (egress === undefined) return this.#floods[ingress] ?? [];
    if (egress === ingress && !this.#hairpin.has(ingress)) return [];
    return this.#single[egress] ?? [];
  }

  #learn(ingress: number, frame: Uint8Array): void {
    if (isMulticast(frame.subarray(MAC_BYTES))) return;
    const source = macKey(frame, MAC_BYTES);
    this.#table.delete(source);
    this.#table.set(source, ingress);
    if (this.#table.size <= this.#tableEntries) return;
    for (const oldest of this.#table.keys()) {
      this.#table.delete(oldest);
      return;
    }
  }
}
