/**
 * A client of TCP that asks one thing and reads the answer: simple, deterministic, and its own reading of RFC 9293.
 * It shares nothing with the server but the format of segments, and notes what the server must not do.
 */
import { earliest } from "../../src/base/earliest.ts";
import type { Host } from "../../src/ethernet/host.ts";
import type { TcpSegment } from "../../src/ethernet/tcp.ts";
import { CLIENT, latin1, segmentIn, tcpFrame } from "./tcp-frames.ts";

const MS = 1_000_000;
const RESEND_NS = 500 * MS;
const FIRST_SEQUENCE = 0xffff_ff00;

export interface ClientOptions {
  readonly request: string;
  readonly host?: Host;
  readonly port?: number;
  readonly mss?: number;
  /** What it keeps unread: its largest window. */
  readonly bufferBytes?: number;
  /** What it reads each millisecond; without it everything at once. */
  readonly readBytesPerMs?: number;
  /** It keeps what comes too early, as most do. */
  readonly keepsEarly?: boolean;
  /** It closes its own side as soon as it has asked. */
  readonly closesFirst?: boolean;
}

type State = "connecting" | "open" | "closed" | "reset";

const distance = (from: number, to: number): number => (to - from) | 0;
const moved = (from: number, by: number): number => (from + by) >>> 0;

export class TcpClient {
  readonly complaints: string[] = [];
  readonly #options: Required<ClientOptions>;
  /** What it sends: the SYN, the request, the FIN. */
  readonly #request: Uint8Array;
  #state: State = "connecting";
  /** Of what it sends, acknowledged. */
  #acknowledged = 0;
  #resendNs = 0;
  #readNs = 0;
  #expected = 0;
  #rightEdge = 0;
  #ended = false;
  #toldWindow = 0;
  readonly #early = new Map<number, TcpSegment>();
  readonly #read: Uint8Array[] = [];
  #unread: Uint8Array[] = [];

  constructor(options: ClientOptions) {
    this.#options = {
      host: CLIENT,
      port: 40_000,
      mss: 1460,
      bufferBytes: 65_535,
      readBytesPerMs: Number.POSITIVE_INFINITY,
      keepsEarly: true,
      closesFirst: false,
      ...options,
    };
    this.#request = latin1(options.request);
  }

  get state(): State {
    return this.#state;
  }

  /** All that has been read. */
  get text(): Buffer {
    return Buffer.concat(this.#read);
  }

  nextNs(): number | undefined {
    if (this.#state === "closed" || this.#state === "reset") return undefined;
    return earliest(
      this.#unread.length > 0 ? this.#readNs : undefined,
      this.#isWaiting ? this.#resendNs : undefined,
    );
  }

  timer(nowNs: number): readonly Uint8Array[] {
    const frames: Uint8Array[] = [];
    if (this.#unread.length > 0 && this.#readNs <= nowNs) {
      this.#readNs = nowNs + MS;
      this.#readSome();
      const opened = this.#window - this.#toldWindow;
      if (!this.#ended && opened >= Math.min(this.#options.mss, this.#options.bufferBytes / 2))
        frames.push(this.#acknowledge());
      frames.push(...this.#sayMore(nowNs));
      this.#settle();
    }
    if (this.#isWaiting && this.#resendNs <= nowNs) frames.push(...this.#say(nowNs));
    return frames;
  }

  receive(frame: Uint8Array, nowNs: number): readonly Uint8Array[] {
    const segment = segmentIn(frame.slice());
    if (segment.destinationPort !== this.#options.port || this.#state === "reset") return [];
    if (segment.rst) {
      // After the end it only says that the other side has forgotten the connection.
      if (this.#ended) this.#acknowledged = Number.POSITIVE_INFINITY;
      else this.#state = "reset";
      this.#settle();
      return [];
    }
    if (segment.acknowledgment === undefined) return [];
    if (this.#state === "closed" && segment.syn) {
      return [this.#frame({ rst: true, sequence: segment.acknowledgment })];
    }
    const before = this.#acknowledged;
    const acknowledged = distance(FIRST_SEQUENCE, segment.acknowledgment);
    if (acknowledged > this.#length) this.complaints.push("acknowledges what was not sent");
    this.#acknowledged = Math.max(this.#acknowledged, acknowledged);
    if (this.#state === "connecting") return segment.syn ? this.#open(segment, nowNs) : [];
    this.#judge(segment);
    const takes = segment.syn || segment.fin || segment.payload.length > 0;
    if (takes && !segment.syn) this.#take(segment);
    for (let early = this.#nextEarly(); early !== undefined; early = this.#nextEarly()) this.#take(early);
    if (this.#options.readBytesPerMs === Number.POSITIVE_INFINITY) this.#readSome();
    this.#settle();
    return [
      ...(takes ? [this.#acknowledge()] : []),
      ...(this.#acknowledged > before || segment.fin ? this.#sayMore(nowNs) : []),
    ];
  }

  #settle(): void {
    if (this.#isDone && !this.#isWaiting) this.#state = "closed";
  }

  get #isDone(): boolean {
    return this.#ended && this.#unread.length === 0;
  }

  get #closes(): boolean {
    return this.#isDone || this.#options.closesFirst;
  }

  /** Of what it has to send by now. */
  get #length(): number {
    if (this.#state === "connecting") return 1;
    return 1 + this.#request.length + (this.#closes ? 1 : 0);
  }

  get #isWaiting(): boolean {
    return this.#acknowledged < this.#length;
  }

  get #window(): number {
    return this.#options.bufferBytes - this.#unread.reduce((sum, { length }) => sum + length, 0);
  }

  #open(segment: TcpSegment, nowNs: number): readonly Uint8Array[] {
    this.#state = "open";
    this.#expected = moved(segment.sequence, 1);
    this.#rightEdge = moved(this.#expected, this.#options.bufferBytes);
    if ((segment.mss ?? 0) < 536) this.complaints.push("takes no sensible segments");
    return [this.#acknowledge(), ...this.#sayMore(nowNs)];
  }

  /** The first time that it is to be said, and not because it got lost. */
  #sayMore(nowNs: number): readonly Uint8Array[] {
    return this.#isWaiting ? this.#say(nowNs) : [];
  }

  /** Everything from the first that is not acknowledged on. */
  #say(nowNs: number): readonly Uint8Array[] {
    this.#resendNs = nowNs + RESEND_NS;
    if (this.#state === "connecting") {
      const { mss, bufferBytes } = this.#options;
      return [this.#frame({ syn: true, mss, sequence: FIRST_SEQUENCE, window: bufferBytes })];
    }
    const from = Math.max(1, this.#acknowledged);
    const payload = this.#request.subarray(from - 1);
    const sequence = moved(FIRST_SEQUENCE, from);
    return [this.#frame({ ...this.#answering(), sequence, payload, fin: this.#closes, push: true })];
  }

  #acknowledge(): Uint8Array {
    const next = Math.max(1, this.#acknowledged);
    return this.#frame({ ...this.#answering(), sequence: moved(FIRST_SEQUENCE, next) });
  }

  #answering(): Partial<TcpSegment> {
    this.#toldWindow = this.#window;
    const edge = moved(this.#expected, this.#window);
    if (distance(this.#rightEdge, edge) > 0) this.#rightEdge = edge;
    return { acknowledgment: this.#expected, window: this.#window };
  }

  #frame(parts: Partial<TcpSegment>): Uint8Array {
    return tcpFrame({ ...parts, sourcePort: this.#options.port }, this.#options.host);
  }

  /** A segment may be as long as was said, and end where the window ends, or as a probe one byte behind it. */
  #judge({ sequence, payload, fin, syn }: TcpSegment): void {
    if (syn) return;
    if (payload.length > this.#options.mss) this.complaints.push(`sends ${payload.length} bytes at once`);
    const length = payload.length + (fin ? 1 : 0);
    const over = distance(this.#rightEdge, moved(sequence, length));
    if (over > 0 && length > 1) this.complaints.push(`sends ${over} bytes more than the window allows`);
  }

  #take(segment: TcpSegment): void {
    const known = distance(segment.sequence, this.#expected);
    const { payload } = segment;
    if (known < 0) {
      if (this.#options.keepsEarly) this.#early.set(segment.sequence, segment);
      return;
    }
    const fresh = payload.subarray(known, known + this.#window);
    if (fresh.length > 0) this.#unread.push(fresh);
    this.#expected = moved(this.#expected, fresh.length);
    const all = distance(moved(segment.sequence, payload.length), this.#expected) === 0;
    if (segment.fin && all && !this.#ended) {
      this.#ended = true;
      this.#expected = moved(this.#expected, 1);
    }
  }

  #nextEarly(): TcpSegment | undefined {
    for (const [sequence, segment] of this.#early) {
      if (distance(sequence, this.#expected) < 0) continue;
      this.#early.delete(sequence);
      return segment;
    }
    return undefined;
  }

  #readSome(): void {
    let wanted = this.#options.readBytesPerMs;
    while (wanted > 0) {
      const [first] = this.#unread;
      if (first === undefined) return;
      const part = first.subarray(0, Math.min(wanted, first.length));
      this.#read.push(part);
      wanted -= part.length;
      this.#unread =
        part.length < first.length
          ? [first.subarray(part.length), ...this.#unread.slice(1)]
          : this.#unread.slice(1);
    }
  }
}
