/**
 * The device models as published: figures 5 and 6 of "Investigating virtual passthrough I/O on commodity devices" (Xia,
 * Lange, Dinda, Bae, ACM OSR 43(3), 2009), transcribed edge by edge. An event that a state has no edge for changes nothing.
 */

export interface PaperModel {
  readonly initial: string;
  /** The states in which the card may change hands. */
  readonly reusable: readonly string[];
  /** The states that only a reset leaves. */
  readonly failed: readonly string[];
  readonly edges: readonly (readonly [from: string, event: string, to: string])[];
}

/** Figure 5. */
export const PAPER_NE2000: PaperModel = {
  initial: "Initiation",
  reusable: ["Idle"],
  failed: ["ST_ERROR"],
  edges: [
    ["Initiation", "Initiate", "Idle"],
    ["Idle", "CMD:Trans", "Trans"],
    ["Trans", "INT:TXOK", "Idle"],
    ["Idle", "CMD:DmaRd", "DmaRd"],
    ["DmaRd", "INT:RDC", "Idle"],
    ["Idle", "CMD:DmaWr", "DmaWr"],
    ["DmaWr", "INT:RDC", "Idle"],
    ["Trans", "CMD:DmaRd", "TransDmaRd"],
    ["TransDmaRd", "INT:RDC", "Trans"],
    ["DmaRd", "CMD:Trans", "TransDmaRd"],
    ["TransDmaRd", "INT:TXOK", "DmaRd"],
    ["DmaWr", "CMD:Trans", "TransDmaWr"],
    ["TransDmaWr", "INT:TXOK", "DmaWr"],
    ["Trans", "CMD:DmaWr", "TransDmaWr"],
    ["TransDmaWr", "INT:RDC", "Trans"],
    ...["Idle", "Trans", "DmaRd", "DmaWr", "TransDmaRd", "TransDmaWr"].map(
      (state) => [state, "INT:Error", "ST_ERROR"] as const,
    ),
    ["ST_ERROR", "RST", "Idle"],
  ],
};

/** Figure 6. */
export const PAPER_RTL8139: PaperModel = {
  initial: "INITIATE",
  reusable: ["ST_IDLE"],
  failed: ["ST_ERROR"],
  edges: [
    ["INITIATE", "CMD:RST", "ST_IDLE"],
    ["ST_IDLE", "TSD:Write", "ST_TX"],
    ["ST_TX", "INT:TX_OK", "ST_IDLE"],
    ["ST_IDLE", "RCR:Write", "ST_SET_RX"],
    ["ST_SET_RX", "INT:Rx_OK", "ST_IDLE"],
    ["ST_TX", "RCR:Write", "ST_TX_RXSET"],
    ["ST_TX_RXSET", "INT:Rx_OK", "ST_TX"],
    ["ST_SET_RX", "TSD:Write", "ST_TX_RXSET"],
    ["ST_TX_RXSET", "INT:TX_OK", "ST_SET_RX"],
    ...["ST_TX", "ST_SET_RX", "ST_TX_RXSET"].map((state) => [state, "INT:Error", "ST_ERROR"] as const),
    ["ST_ERROR", "CMD:RST", "ST_IDLE"],
  ],
};

/** A published model, driven by events. */
export class PaperMachine {
  readonly #model: PaperModel;
  #state: string;

  constructor(model: PaperModel) {
    this.#model = model;
    this.#state = model.initial;
  }

  get stateName(): string {
    return this.#state;
  }

  get reusable(): boolean {
    return this.#model.reusable.includes(this.#state);
  }

  get failed(): boolean {
    return this.#model.failed.includes(this.#state);
  }

  take(event: string): void {
    const edge = this.#model.edges.find(([from, on]) => from === this.#state && on === event);
    if (edge !== undefined) this.#state = edge[2];
  }
}
