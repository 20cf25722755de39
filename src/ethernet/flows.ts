/**
 * Checks flows of probes at their receiver: what is missing, doubled, late or damaged, by sequence number.
 */
import { formatIpv4Address, type Ipv4Packet } from "./ipv4.ts";
import type { ArrivedProbe } from "./probe.ts";

/** One flow as its receiver sees it. Probes lost behind the last one received cannot be seen from here. */
export interface FlowReport {
  /** The sender's address and the flow's number: "10.0.0.1/0". */
  readonly flow: string;
  /** Intact probes, duplicates included. */
  readonly received: number;
  /** Bytes of those probes. */
  readonly bytes: number;
  /** Probes that came before any with a higher number. */
  readonly inOrder: number;
  /** Probes that came after one with a higher number, for the first time. */
  readonly late: number;
  /** Probes that came again. */
  readonly duplicates: number;
  /** Numbers below the highest received one that never came. */
  readonly gaps: number;
  /** Damaged probes; their sequence numbers do not count, so each may leave a gap as well. */
  readonly corrupted: number;
  /** One more than the highest number received. */
  readonly nextSequence: number;
}

/** Numbers from .. to - 1. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * More holes than this in one flow are not remembered one by one: those at the low end can no longer be
 * filled.
 */
const MAX_HOLES = 4096;
/** More flows than this are not told apart: the bound keeps a forger of addresses from filling the memory. */
const MAX_FLOWS = 1024;

class Flow {
  #next = 0;
  /** What is missing below `#next`, ascending. */
  readonly #holes: Range[] = [];
  #gaps = 0;
  #received = 0;
  #bytes = 0;
  #inOrder = 0;
  #late = 0;
  #duplicates = 0;
  #corrupted = 0;

  record(arrived: ArrivedProbe): void {
    if (!arrived.intact) {
      this.#corrupted++;
      return;
    }
    this.#received++;
    this.#bytes += arrived.sizeBytes;
    const { sequence } = arrived.probe;
    if (sequence >= this.#next) this.#advance(sequence);
    else if (this.#fill(sequence)) this.#late++;
    else this.#duplicates++;
  }

  report(flow: string): FlowReport {
    return {
      flow,
      received: this.#received,
      bytes: this.#bytes,
      inOrder: this.#inOrder,
      late: this.#late,
      duplicates: this.#duplicates,
      gaps: this.#gaps,
      corrupted: this.#corrupted,
      nextSequence: this.#next,
    };
  }

  #advance(sequence: number): void {
    if (sequence > this.#next) {
      this.#holes.push({ from: this.#next, to: sequence });
      this.#gaps += sequence - this.#next;
      if (this.#holes.length > MAX_HOLES) this.#holes.shift();
    }
    this.#next = sequence + 1;
    this.#inOrder++;
  }

  /** Takes a number out of the hole it lies in; false when it lies in none. */
  #fill(sequence: number): boolean {
    const index = this.#holes.findLastIndex((hole) => hole.from <= sequence);
    const hole = this.#holes[index];
    if (hole === undefined || sequence >= hole.to) return false;
    const rest = [
      { from: hole.from, to: sequence },
      { from: sequence + 1, to: hole.to },
    ];
    this.#holes.splice(index, 1, ...rest.filter((range) => range.from < range.to));
    this.#gaps--;
    return true;
  }
}

export class FlowTable {
  readonly #flows = new Map<string, Flow>();
  #untracked = 0;

  /** Probes of flows beyond the first 1,024. */
  get untracked(): number {
    return this.#untracked;
  }

  record(packet: Ipv4Packet, arrived: ArrivedProbe): void {
    const key = `${formatIpv4Address(packet.source)}/${arrived.probe.flow}`;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      if (this.#flows.size >= MAX_FLOWS) {
        this.#untracked++;
        return;
      }
      flow = new Flow();
      this.#flows.set(key, flow);
    }
    flow.record(arrived);
  }

  /** In the order in which the flows were first seen. */
  report(): readonly FlowReport[] {
    return [...this.#flows].map(([key, flow]) => flow.report(key));
  }
}
