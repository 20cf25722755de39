/**
 * A NIC's body with three bits of silicon: a transmitter, an interrupt status, a receiver. The fence mirrors NicActor
 * (actors/nic-body.ts): `deliver` its deliver and #classify, `#perform` its #perform, `#execute` and `#raiseFence` the
 * methods of that name. `#operate` stands for what the DMM's sequences do to the card.
 */
import type { NicEffect, NicEvent } from "../../../actors/nic.ts";
import { type Msg, type MsgOf, NO_EPOCH, type Renaming } from "../messages.ts";
import { type Peer, Runner, type Turn } from "../turn.ts";
import type { Bounds, Charts } from "./contract.ts";

export interface NicData {
  readonly state: number;
  readonly dead: boolean;
  readonly epoch: number;
  /** Operations of the present epoch executed so far. */
  readonly executed: number;
  readonly fence: MsgOf<"fence"> | null;
  /** `queued`: the PHY still has a frame from before a reset. */
  readonly transmitter: "idle" | "queued" | "sending";
  /** The interrupt status, and with it the line. */
  readonly status: boolean;
  /** The guest whose memory the receiver writes to; -1: it is off. */
  readonly armedFor: number;
}

export const newNic = (charts: Charts): NicData => ({
  state: charts.nic.initial.next,
  dead: false,
  epoch: NO_EPOCH,
  executed: 0,
  fence: null,
  transmitter: "idle",
  status: false,
  armedFor: -1,
});

export function renameNic(data: NicData, to: Renaming): NicData {
  const fence = data.fence && { ...data.fence, epoch: to.epoch(data.fence.epoch) };
  return { ...data, epoch: to.epoch(data.epoch), fence, armedFor: to.guest(data.armedFor) };
}

export type NicMove = "sent" | "frame" | "die";

export class NicBody {
  protected readonly turn: Turn;
  protected readonly bounds: Bounds;
  protected readonly data: { -readonly [K in keyof NicData]: NicData[K] };
  readonly #runner: Runner<NicEvent, NicEffect>;
  #message: Msg | undefined;
  #from: Peer = "arbiter";

  constructor(charts: Charts, bounds: Bounds, data: NicData, turn: Turn) {
    this.turn = turn;
    this.bounds = bounds;
    this.data = { ...data };
    this.#runner = new Runner("nic", charts.nic, data.state, (effect) => this.perform(effect), turn);
  }

  static moves(charts: Charts, bounds: Bounds, data: NicData): readonly NicMove[] {
    if (data.dead) return [];
    const moves: NicMove[] = [];
    if (charts.nic.name(data.state).includes("phy.sending")) moves.push("sent");
    if (bounds.frames && data.armedFor >= 0 && !data.status) moves.push("frame");
    if (bounds.cardLoss) moves.push("die");
    return moves;
  }

  result(): NicData {
    return { ...this.data, state: this.#runner.state };
  }

  move(move: NicMove): void {
    switch (move) {
      case "sent":
        this.turn.note("the frame at the PHY has left");
        return this.#runner.raise("SENT");
      case "frame":
        this.turn.note("a frame arrives");
        return this.#runner.raise("FRAME");
      case "die":
        this.turn.note("its worker dies");
        this.data.dead = true;
        return this.turn.send("arbiter", { type: "cardLost" });
    }
  }

  deliver(from: Peer, message: Msg): void {
    if (this.data.dead) return;
    this.#message = message;
    this.#from = from;
    this.#runner.raise(this.classify(message));
  }

  protected classify(message: Msg): NicEvent {
    const { data } = this;
    switch (message.type) {
      case "vmm":
        return "VMM_IO";
      case "io":
        return message.epoch === data.epoch && data.epoch !== NO_EPOCH ? "IO" : "STALE_IO";
      case "fence":
        data.fence = message;
        if (message.epoch !== NO_EPOCH) return "FENCE_OPEN";
        return message.drain && data.executed < message.awaited ? "FENCE_DRAIN" : "FENCE_CLOSE";
      default:
        throw new Error(`no ${message.type} is for a NIC`);
    }
  }

  protected perform(effect: NicEffect): void {
    const { data, turn } = this;
    switch (effect.type) {
      case "execute":
        return this.#execute(this.#message as MsgOf<"io">);
      case "executeForVmm":
        return this.#operate(this.#message as MsgOf<"vmm">);
      case "refuse": {
        const { epoch, posted } = this.#message as MsgOf<"io">;
        return turn.send(this.#from, { type: "fenced", epoch, posted });
      }
      case "raiseFence":
        return this.#raiseFence();
      case "sendFrame":
        return;
      case "frameLeft":
        return this.#frameLeft();
      case "receive":
      case "cardTimer":
        if (data.armedFor >= 0) this.#setStatus(true);
        return;
    }
  }

  #execute(io: MsgOf<"io">): void {
    const { data, turn } = this;
    turn.mark({ kind: "executed", guest: Number(this.#from), epoch: io.epoch, sync: io.sync });
    if (!io.posted) turn.send(this.#from, { type: "ioDone", found: false, idle: false });
    if (io.sync) return;
    data.executed++;
    const { fence } = data;
    if (fence?.drain && data.executed >= fence.awaited) this.#runner.raise("DRAINED");
  }

  #raiseFence(): void {
    const { data } = this;
    if (data.fence === null) return;
    data.epoch = data.fence.epoch;
    data.executed = 0;
    data.fence = null;
    this.turn.send("arbiter", { type: "drained" });
  }

  #operate({ what, guest, start }: MsgOf<"vmm">): void {
    const { data } = this;
    const found = data.status;
    switch (what) {
      case "restore":
        data.armedFor = guest;
        break;
      case "trap":
        if (start) this.#transmit();
        break;
      case "quiesce":
        data.armedFor = -1;
        this.#setStatus(false);
        break;
      case "interrupt":
        this.#setStatus(false);
        break;
      case "reset":
        data.armedFor = -1;
        data.transmitter = "idle";
        this.#setStatus(false);
        break;
      case "save":
        break;
    }
    this.turn.send("arbiter", { type: "ioDone", found, idle: data.transmitter === "idle" });
  }

  #transmit(): void {
    this.data.transmitter = "queued";
    if (this.#runner.stateName.includes("phy.sending")) return;
    this.data.transmitter = "sending";
    this.#runner.raise("SEND");
  }

  #frameLeft(): void {
    const { data } = this;
    if (data.transmitter === "sending") {
      data.transmitter = "idle";
      this.#setStatus(true);
    } else if (data.transmitter === "queued") {
      data.transmitter = "sending";
      this.#runner.raise("SEND");
    }
  }

  #setStatus(status: boolean): void {
    if (status === this.data.status) return;
    this.data.status = status;
    this.turn.send("arbiter", { type: "irq", level: status });
  }
}
