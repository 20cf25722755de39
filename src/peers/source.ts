/** Sends probes to its targets in turn, at a rate; asks nobody: the targets' addresses are given. */
import { Pacer } from "../base/pacer.ts";
import { NS_PER_S } from "../base/units.ts";
import { type Host, udpFrame } from "../ethernet/host.ts";
import { buildProbe, DISCARD_PORT, PROBE_SOURCE_PORT, probeInTurn } from "../ethernet/probe.ts";
import { BasePeer, type PeerAddress, type PeerReport } from "./peer.ts";

export interface SourceOptions {
  /** At least one; the flow of the nth target (from 0) has the number n. */
  readonly to: readonly Host[];
  /** To all targets together; above 0. */
  readonly framesPerS: number;
  /** Bytes of each UDP payload, 20 to 1,472. */
  readonly payloadBytes: number;
  /** Probes to all targets together; undefined: without end. */
  readonly count: number | undefined;
  /** When the first one leaves. */
  readonly startNs: number;
}

/**
 * What a source that is called late sends at once; probes due before those are skipped, not their sequence
 * numbers.
 */
export const SOURCE_BURST_FRAMES = 32;

export class SourcePeer extends BasePeer {
  readonly #options: SourceOptions;
  readonly #pacer: Pacer;
  readonly #total: number;
  #sent = 0;

  constructor(address: PeerAddress, options: SourceOptions) {
    super("source", address);
    this.#options = options;
    this.#pacer = new Pacer(options.startNs, NS_PER_S / options.framesPerS, SOURCE_BURST_FRAMES);
    this.#total = options.count ?? Number.POSITIVE_INFINITY;
  }

  override nextNs(): number | undefined {
    return this.#sent < this.#total ? this.#pacer.dueNs : undefined;
  }

  override timer(nowNs: number): readonly Uint8Array[] {
    const frames: Uint8Array[] = [];
    while (this.#sent < this.#total && this.#pacer.take(nowNs)) frames.push(this.#next(nowNs));
    return this.sending(frames);
  }

  override report(): PeerReport {
    return { ...super.report(), skipped: this.#pacer.skipped };
  }

  #next(nowNs: number): Uint8Array {
    const { to, flow, sequence } = probeInTurn(this.#options.to, this.#sent);
    const probe = buildProbe({ flow, kind: "data", sequence, sentNs: nowNs }, this.#options.payloadBytes);
    return udpFrame(this, to, this.#sent++, {
      sourcePort: PROBE_SOURCE_PORT,
      destinationPort: DISCARD_PORT,
      payload: probe,
    });
  }
}
