/**
 * The sending half of a connection: what may leave and when, what must leave again, and until when nothing
 * does. Positions are offsets behind the initial sequence number: 0 is the SYN, 1 the first byte; the FIN is
 * behind the last one.
 */
import { advanced, ahead } from "../../ethernet/tcp.ts";
import type { ByteSource } from "./byte-source.ts";
import { type Advice, Congestion } from "./congestion.ts";
import { RetransmissionTimeout } from "./retransmission-timeout.ts";

/** Times that one thing is sent again before the other side counts as gone. */
const MAX_RETRIES = 15;
const MAX_SYN_RETRIES = 5;

/** What one segment carries of what is sent. */
export interface Piece {
  readonly sequence: number;
  readonly syn: boolean;
  readonly fin: boolean;
  /** True for the last of the data. */
  readonly push: boolean;
  readonly payload: Uint8Array;
}

/** What a segment says about this half. */
export interface Acknowledgment {
  readonly number: number;
  /** Not shifted yet. */
  readonly window: number;
  /** It carries nothing else. */
  readonly bare: boolean;
}

/** old: known already; new: more has arrived; impossible: of what was never sent. */
export type News = "old" | "new" | "impossible";

export interface SenderOptions {
  readonly initialSequence: number;
  /** Of the SYN that opened the connection: those of later segments are shifted. */
  readonly window: number;
  readonly windowShift: number;
  /** The largest payload to be sent. */
  readonly segmentBytes: number;
}

const EMPTY = new Uint8Array(0);

/** More under way at once would only overrun the buffers of the wire. */
const MAX_WINDOW_BYTES = 0xffff;

export class Sender {
  readonly #initialSequence: number;
  readonly #segmentBytes: number;
  readonly #windowShift: number;
  readonly #timeout = new RetransmissionTimeout();
  readonly #congestion: Congestion;
  #stream: ByteSource | undefined;
  /** The first that is not acknowledged. */
  #unacknowledged = 0;
  /** What is sent next: after a timeout it goes back to where that begins. */
  #next = 0;
  /** Behind the last that was ever sent. */
  #sentUpTo = 0;
  #window: number;
  #largestWindow: number;
  /** The round trip that is measured: of something sent for the first time. */
  #timed: { readonly upTo: number; readonly sentNs: number } | undefined;
  #dueNs: number | undefined;
  #retries = 0;
  /** What is missing goes first, with the next output. */
  #resend = false;
  /** Something leaves with the next output, though the window be too small, or closed. */
  #probe = false;
  #retransmitted = 0;

  constructor(options: SenderOptions) {
    this.#initialSequence = options.initialSequence;
    this.#segmentBytes = options.segmentBytes;
    this.#windowShift = options.windowShift;
    this.#congestion = new Congestion(options.segmentBytes);
    this.#window = options.window;
    this.#largestWindow = options.window;
  }

  /** The sequence number of what is sent next, when nothing has to be sent again. */
  get sequence(): number {
    return this.#sequenceOf(this.#sentUpTo);
  }

  /** When `timer` is to be called. */
  get dueNs(): number | undefined {
    return this.#dueNs;
  }

  get finSent(): boolean {
    return this.#sentUpTo === this.#end + 1;
  }

  get finAcknowledged(): boolean {
    return this.#unacknowledged === this.#end + 1;
  }

  /** Bytes of the stream that have arrived. */
  get arrivedBytes(): number {
    return Math.min(this.#end, this.#unacknowledged) - Math.min(1, this.#unacknowledged);
  }

  /** Segments sent again, or as probes of a closed window. */
  get retransmitted(): number {
    return this.#retransmitted;
  }

  /** It has tried too often. */
  get gaveUp(): boolean {
    return this.#retries > (this.#unacknowledged === 0 ? MAX_SYN_RETRIES : MAX_RETRIES);
  }

  /** All that is ever sent; then comes the FIN. */
  finish(stream: ByteSource): void {
    this.#stream = stream;
  }

  /** The other side has sent its SYN again: it has not got ours. */
  resendFirst(): void {
    this.#resend = true;
  }

  acknowledge(acknowledgment: Acknowledgment, nowNs: number): News {
    const { number, bare } = acknowledgment;
    const offset = this.#unacknowledged + ahead(this.#sequenceOf(this.#unacknowledged), number);
    if (offset > this.#sentUpTo) return "impossible";
    // An older segment, come late, must not bring its window back either.
    if (offset < this.#unacknowledged) return "old";
    const window = Math.min(MAX_WINDOW_BYTES, acknowledgment.window * 2 ** this.#windowShift);
    const repeats = bare && window === this.#window && this.#flight > 0;
    this.#window = window;
    this.#largestWindow = Math.max(this.#largestWindow, window);
    if (offset > this.#unacknowledged) {
      this.#advance(offset, nowNs);
      return "new";
    }
    if (this.#flight === 0) this.#heedHolding();
    else if (repeats) this.#heed(this.#congestion.duplicate(offset, this.#sentUpTo));
    return "old";
  }

  /** The time is up: what was sent last is lost, or a window has been closed for long. */
  timer(nowNs: number): void {
    if (this.#dueNs === undefined || this.#dueNs > nowNs) return;
    this.#dueNs = undefined;
    this.#retries++;
    this.#timeout.backOff();
    this.#timed = undefined;
    this.#probe = true;
    if (this.#flight === 0) return;
    this.#congestion.timedOut(this.#flight, this.#sentUpTo);
    this.#next = this.#unacknowledged;
  }

  /** What is to be sent now. */
  output(nowNs: number): readonly Piece[] {
    const waiting = this.#flight > 0;
    const pieces: Piece[] = [];
    if (this.#resend && waiting) pieces.push(this.#again());
    for (let length = this.#sendable(); length > 0; length = this.#sendable()) {
      pieces.push(this.#send(length, nowNs));
    }
    if (this.#probe && this.#flight === 0 && this.#left > 0) pieces.push(this.#probing());
    this.#resend = false;
    this.#probe = false;
    if (!waiting && this.#flight > 0) this.#dueNs = undefined;
    this.#arm(nowNs);
    return pieces;
  }

  /** Where the FIN stands, once it is known. */
  get #end(): number {
    return this.#stream === undefined ? Number.POSITIVE_INFINITY : 1 + this.#stream.sizeBytes;
  }

  get #flight(): number {
    return this.#next - this.#unacknowledged;
  }

  /** What there is to send from `#next` on, the FIN included. */
  get #left(): number {
    if (this.#stream === undefined) return this.#next === 0 ? 1 : 0;
    return this.#end + 1 - this.#next;
  }

  /** How much of what is left may go into one segment now; 0: nothing. */
  #sendable(): number {
    if (this.#left === 0) return 0;
    const whole = this.#lengthAt(this.#next);
    if (this.#next === 0) return whole;
    const windowRoom = this.#window - this.#flight;
    const room = Math.min(windowRoom, this.#congestion.windowBytes - this.#flight);
    if (room >= whole) return whole;
    const data = Math.min(whole, this.#end - this.#next);
    if (room >= data && data > 0) return data;
    // No silly little segments (RFC 9293, section 3.8.6.2.1), unless the window is never any larger.
    const worthwhile = this.#probe || windowRoom >= this.#largestWindow / 2;
    return room === windowRoom && room > 0 && worthwhile ? room : 0;
  }

  /** Of the largest segment that begins at `offset`: the FIN goes with the last of the data. */
  #lengthAt(offset: number): number {
    if (offset === 0) return 1;
    const data = Math.min(this.#segmentBytes, this.#end - offset);
    return offset + data === this.#end ? data + 1 : data;
  }

  #send(length: number, nowNs: number): Piece {
    const piece = this.#piece(this.#next, length);
    if (this.#next < this.#sentUpTo) this.#retransmitted++;
    else this.#timed ??= { upTo: this.#next + length, sentNs: nowNs };
    this.#next += length;
    this.#sentUpTo = Math.max(this.#sentUpTo, this.#next);
    return piece;
  }

  /** The first segment that is missing, once more. */
  #again(): Piece {
    this.#retransmitted++;
    this.#timed = undefined;
    const length = Math.min(this.#lengthAt(this.#unacknowledged), this.#flight);
    return this.#piece(this.#unacknowledged, length);
  }

  /** One byte more than the window allows: who gets it says whether the window is still closed. */
  #probing(): Piece {
    this.#retransmitted++;
    this.#sentUpTo = Math.max(this.#sentUpTo, this.#next + 1);
    return this.#piece(this.#next, 1);
  }

  #piece(offset: number, length: number): Piece {
    const syn = offset === 0;
    const fin = offset + length === this.#end + 1;
    const payload = syn ? EMPTY : new Uint8Array(fin ? length - 1 : length);
    if (payload.length > 0) this.#stream?.read(offset - 1, payload);
    const push = payload.length > 0 && offset + payload.length === this.#end;
    return { sequence: this.#sequenceOf(offset), syn, fin, push, payload };
  }

  #advance(offset: number, nowNs: number): void {
    const count = offset - this.#unacknowledged;
    this.#unacknowledged = offset;
    this.#next = Math.max(this.#next, offset);
    this.#retries = 0;
    this.#dueNs = undefined;
    this.#timeout.recover();
    if (this.#timed !== undefined && offset >= this.#timed.upTo) {
      this.#timeout.sample(nowNs - this.#timed.sentNs);
      this.#timed = undefined;
    }
    this.#heed(this.#congestion.acknowledged(count, offset));
  }

  #heed(advice: Advice): void {
    if (advice === "resend first") this.#resend = true;
  }

  /** Somebody who keeps a window closed, and says so, is not gone. */
  #heedHolding(): void {
    this.#retries = 0;
    if (this.#window > 0) this.#timeout.recover();
  }

  #arm(nowNs: number): void {
    if (this.#flight === 0 && this.#left === 0) this.#dueNs = undefined;
    else this.#dueNs ??= nowNs + this.#timeout.ns;
  }

  #sequenceOf(offset: number): number {
    return advanced(this.#initialSequence, offset);
  }
}
