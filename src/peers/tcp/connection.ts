/**
 * One connection that the other side has opened (RFC 9293, section 3.10.7). What comes out of order is dropped,
 * and asked for by a duplicate acknowledgment; all that comes in order is taken at once, so the window offered
 * never closes. One stream of bytes is sent, and the connection closed behind it.
 */
import { earliest } from "../../base/earliest.ts";
import { advanced, ahead, sequenceLength, type TcpSegment } from "../../ethernet/tcp.ts";
import type { ByteSource } from "./byte-source.ts";
import { type Piece, Sender } from "./sender.ts";
import {
  afterFinArrived,
  afterFinReceived,
  afterFinSent,
  closed,
  endsNs,
  opened,
  receives,
  type State,
  timeWait,
} from "./state.ts";

/** The largest payload that fits a frame with the headers of IPv4 and TCP. */
export const MAX_SEGMENT_BYTES = 1460;
/** What the other side takes when it does not say (RFC 9293, section 3.7.1). */
const DEFAULT_SEGMENT_BYTES = 536;
/** Who says less than this wants to see thousands of frames. */
const LEAST_SEGMENT_BYTES = 64;
const WINDOW_BYTES = 16_384;

/** Makes one answer of what a connection brings. */
export interface Conversation {
  /** The next bytes, only valid during the call; true: it needs no more to answer. */
  receive(bytes: Uint8Array): boolean;
  /** No more will come. */
  ended(): void;
  /** The connection is gone: an answer would reach nobody. */
  gone(): void;
}

/** Begins a conversation that will answer once, now or later. */
export type Converse = (answer: (stream: ByteSource) => void) => Conversation;

/** A segment to be sent, but for what addresses it. */
export type Reply = Omit<TcpSegment, "sourcePort" | "destinationPort">;

export interface ConnectionOptions {
  /** The segment that opened it. */
  readonly syn: TcpSegment;
  readonly initialSequence: number;
  readonly converse: Converse;
}

const EMPTY = new Uint8Array(0);
const CONTROL = {
  syn: false,
  fin: false,
  rst: false,
  push: false,
  mss: undefined,
  windowShift: undefined,
  payload: EMPTY,
} as const;

export class Connection {
  readonly #sender: Sender;
  readonly #synSequence: number;
  /** The other side shifts its windows. */
  readonly #shifts: boolean;
  readonly #conversation: Conversation;
  #state: State = { kind: "syn-received" };
  #expected: number;
  #acknowledges = false;
  readonly #resets: Reply[] = [];

  constructor({ syn, initialSequence, converse }: ConnectionOptions) {
    const offered = syn.mss ?? DEFAULT_SEGMENT_BYTES;
    this.#sender = new Sender({
      initialSequence,
      window: syn.window,
      windowShift: syn.windowShift ?? 0,
      segmentBytes: Math.min(MAX_SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, offered)),
    });
    this.#synSequence = syn.sequence;
    this.#shifts = syn.windowShift !== undefined;
    this.#expected = advanced(syn.sequence, 1);
    this.#conversation = converse((stream) => this.#sender.finish(stream));
  }

  get state(): State {
    return this.#state;
  }

  get servedBytes(): number {
    return this.#sender.arrivedBytes;
  }

  get retransmitted(): number {
    return this.#sender.retransmitted;
  }

  /** A number that this connection has not come to. */
  get freshSequence(): number {
    return advanced(this.#sender.sequence, 0x1_0000);
  }

  /** True for a SYN that opens the next connection between the same ports, while this one only waits. */
  isFollowedBy(segment: TcpSegment): boolean {
    const opens = segment.syn && segment.acknowledgment === undefined && !segment.rst;
    return opens && this.#state.kind === "time-wait" && ahead(this.#expected, segment.sequence) > 0;
  }

  /** When `timer` is to be called; undefined: not until a segment comes. */
  nextNs(): number | undefined {
    return earliest(this.#sender.dueNs, endsNs(this.#state));
  }

  timer(nowNs: number): void {
    const dueNs = endsNs(this.#state);
    if (dueNs !== undefined && dueNs <= nowNs) this.#expire();
    if (this.#state.kind === "closed") return;
    this.#sender.timer(nowNs);
    if (this.#sender.gaveUp) this.#abort();
  }

  receive(segment: TcpSegment, nowNs: number): void {
    if (!this.#isInWindow(segment)) return this.#refuse(segment, nowNs);
    if (segment.rst) return this.#reset(segment);
    if (segment.syn) {
      this.#acknowledges = true;
      return;
    }
    if (segment.acknowledgment === undefined) return;
    if (!this.#takeAcknowledgment(segment, segment.acknowledgment, nowNs)) return;
    this.#takePayload(segment);
    this.#takeFin(segment, nowNs);
  }

  /** What is to be sent now, in this order. */
  output(nowNs: number): readonly Reply[] {
    const resets = this.#resets.splice(0);
    if (this.#state.kind === "closed") return resets;
    const pieces = this.#sender.output(nowNs);
    if (this.#sender.finSent) this.#enter(afterFinSent(this.#state));
    const bare = pieces.length === 0 && this.#acknowledges;
    this.#acknowledges = false;
    return [
      ...resets,
      ...pieces.map((piece) => this.#carrying(piece)),
      ...(bare ? [this.#acknowledgment()] : []),
    ];
  }

  #isInWindow(segment: TcpSegment): boolean {
    const from = ahead(this.#expected, segment.sequence);
    const length = sequenceLength(segment);
    const inside = (at: number): boolean => at >= 0 && at < WINDOW_BYTES;
    return length === 0 ? inside(from) : inside(from) || inside(from + length - 1);
  }

  #refuse(segment: TcpSegment, nowNs: number): void {
    if (segment.rst) return;
    const again = segment.syn && segment.sequence === this.#synSequence;
    if (again && this.#state.kind === "syn-received") this.#sender.resendFirst();
    else this.#acknowledges = true;
    if (segment.fin && this.#state.kind === "time-wait") this.#enter(timeWait(nowNs));
  }

  /** Only the very next number proves that the reset is no stranger's (RFC 9293, section 3.10.7.4). */
  #reset({ sequence }: TcpSegment): void {
    if (sequence !== this.#expected) {
      this.#acknowledges = true;
      return;
    }
    this.#enter(closed(this.#state.kind === "time-wait" ? "finished" : "reset"));
  }

  /** False when the segment has nothing more to say. */
  #takeAcknowledgment(segment: TcpSegment, number: number, nowNs: number): boolean {
    const { window } = segment;
    const opening = this.#state.kind === "syn-received";
    const bare = sequenceLength(segment) === 0;
    const news = this.#sender.acknowledge({ number, window, bare }, nowNs);
    if (opening && news !== "new") {
      this.#resets.push({ ...CONTROL, rst: true, sequence: number, acknowledgment: undefined, window: 0 });
      return false;
    }
    if (news === "impossible") {
      this.#acknowledges = true;
      return false;
    }
    if (opening) this.#enter(opened(nowNs));
    if (this.#sender.finAcknowledged) this.#enter(afterFinArrived(this.#state, nowNs));
    return this.#state.kind !== "closed";
  }

  #takePayload({ sequence, payload }: TcpSegment): void {
    if (payload.length === 0) return;
    this.#acknowledges = true;
    const known = ahead(sequence, this.#expected);
    if (!receives(this.#state) || known < 0 || known >= payload.length) return;
    this.#expected = advanced(sequence, payload.length);
    const enough = this.#conversation.receive(payload.subarray(known));
    if (enough && this.#state.kind === "established")
      this.#enter({ kind: "established", untilNs: undefined });
  }

  #takeFin({ sequence, fin, payload }: TcpSegment, nowNs: number): void {
    if (!fin) return;
    this.#acknowledges = true;
    if (!receives(this.#state) || advanced(sequence, payload.length) !== this.#expected) return;
    this.#expected = advanced(this.#expected, 1);
    this.#enter(afterFinReceived(this.#state, nowNs));
    this.#conversation.ended();
  }

  /** Who has not asked is told; who has all, or has long ceased to answer, is not. */
  #expire(): void {
    if (this.#state.kind === "established") this.#abort();
    else this.#enter(closed("finished"));
  }

  #abort(): void {
    const { sequence } = this.#sender;
    this.#resets.push({
      ...CONTROL,
      rst: true,
      sequence,
      acknowledgment: this.#expected,
      window: WINDOW_BYTES,
    });
    this.#enter(closed("timed out"));
  }

  #enter(state: State): void {
    if (state.kind === "closed" && this.#state.kind !== "closed") this.#conversation.gone();
    this.#state = state;
  }

  #carrying({ sequence, syn, fin, push, payload }: Piece): Reply {
    const mss = syn ? MAX_SEGMENT_BYTES : undefined;
    // Our own window needs no shifting; to say so allows the other side to shift its own.
    const windowShift = syn && this.#shifts ? 0 : undefined;
    return {
      ...CONTROL,
      syn,
      fin,
      push,
      payload,
      sequence,
      mss,
      windowShift,
      acknowledgment: this.#expected,
      window: WINDOW_BYTES,
    };
  }

  #acknowledgment(): Reply {
    const { sequence } = this.#sender;
    return { ...CONTROL, sequence, acknowledgment: this.#expected, window: WINDOW_BYTES };
  }
}
