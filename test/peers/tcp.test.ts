/** The server's TCP, segment by segment. */
import { describe, expect, it } from "vitest";
import type { Host } from "../../src/ethernet/host.ts";
import { advanced, type TcpSegment } from "../../src/ethernet/tcp.ts";
import type { HttpReport } from "../../src/peers/http/report.ts";
import { HttpPeer } from "../../src/peers/http.ts";
import { MAX_CONNECTIONS } from "../../src/peers/tcp/server.ts";
import { talk } from "../support/lossy-link.ts";
import { TcpClient } from "../support/tcp-client.ts";
import { CLIENT, latin1, SERVER, segmentIn, tcpFrame } from "../support/tcp-frames.ts";

const MS = 1_000_000;
const S = 1_000 * MS;
const FIRST = 1000;

/** Speaks for a client, word by word, and hears what the server says to each. */
class Line {
  readonly peer: HttpPeer;
  nowNs = 0;
  /** What the client sends next, and what it expects next. */
  next = FIRST;
  expected = 0;
  readonly #port: number;
  readonly #from: Host;

  constructor(peer = new HttpPeer(SERVER, { seed: 7 }), port = 40_000, from = CLIENT) {
    this.peer = peer;
    this.#port = port;
    this.#from = from;
  }

  get http(): HttpReport {
    const { http } = this.peer.report();
    if (http === undefined) throw new Error("no report of HTTP");
    return http;
  }

  /** Sends what is said, at where the conversation is when nothing else is said. */
  say(parts: Partial<TcpSegment>): readonly TcpSegment[] {
    const usual = { sequence: this.next, acknowledgment: this.expected, sourcePort: this.#port };
    return this.peer.receive(tcpFrame({ ...usual, ...parts }, this.#from), this.nowNs).map(segmentIn);
  }

  connect(parts: Partial<TcpSegment> = {}): this {
    const opening = { sequence: FIRST, acknowledgment: undefined, syn: true, mss: 1460 };
    const [answer] = this.say({ ...opening, ...parts });
    if (answer === undefined) throw new Error("nobody answers");
    this.next = advanced(FIRST, 1);
    this.expected = advanced(answer.sequence, 1);
    this.say({});
    return this;
  }

  ask(path: string, parts: Partial<TcpSegment> = {}): readonly TcpSegment[] {
    const payload = latin1(`GET ${path} HTTP/1.0\r\n\r\n`);
    const answer = this.say({ payload, ...parts });
    this.next = advanced(this.next, payload.length);
    return answer;
  }

  /** Says that all of these have arrived. */
  acknowledge(segments: readonly TcpSegment[], parts: Partial<TcpSegment> = {}): readonly TcpSegment[] {
    const last = segments.at(-1);
    if (last !== undefined) {
      this.expected = advanced(last.sequence, last.payload.length + (last.fin ? 1 : 0));
    }
    return this.say(parts);
  }

  /** Lets time pass until the server says something, or has nothing to wait for. */
  wait(): readonly TcpSegment[] {
    for (let dueNs = this.peer.nextNs(); dueNs !== undefined; dueNs = this.peer.nextNs()) {
      this.nowNs = Math.max(this.nowNs, dueNs);
      const said = this.peer.timer(this.nowNs).map(segmentIn);
      if (said.length > 0) return said;
    }
    return [];
  }
}

describe("opening", () => {
  it("answers a SYN, says what it takes, and shifts windows only for who does", () => {
    const plain = new Line().say({ syn: true, acknowledgment: undefined, mss: 1460 });
    expect(plain).toMatchObject([
      { syn: true, acknowledgment: FIRST + 1, mss: 1460, windowShift: undefined },
    ]);
    const shifting = new Line().say({ syn: true, acknowledgment: undefined, windowShift: 7 });
    expect(shifting).toMatchObject([{ syn: true, windowShift: 0 }]);
  });

  it("repeats its SYN, later each time, and gives up", () => {
    const line = new Line();
    line.say({ syn: true, acknowledgment: undefined });
    const at: number[] = [];
    for (let said = line.wait(); said[0]?.syn; said = line.wait()) at.push(line.nowNs / S);
    expect(at).toEqual([1, 3, 7, 15, 31]);
    expect(line.http).toMatchObject({ timedOut: 1, open: 0 });
  });

  it("repeats it at once when the SYN comes again", () => {
    const line = new Line();
    const opening = { syn: true, acknowledgment: undefined };
    expect(line.say(opening)).toEqual(line.say(opening));
    expect(line.http.accepted).toBe(1);
  });

  it("begins each connection at a number of its own, the same in every run", () => {
    const first = (seed: number, port: number, nowNs = 0): number | undefined => {
      const line = new Line(new HttpPeer(SERVER, { seed }), port);
      line.nowNs = nowNs;
      return line.say({ syn: true, acknowledgment: undefined })[0]?.sequence;
    };
    expect(first(1, 5000)).toBe(first(1, 5000));
    expect(new Set([first(1, 5000), first(1, 5001), first(2, 5000), first(1, 5000, S)]).size).toBe(4);
  });

  it("refuses what acknowledges another SYN than its own", () => {
    const line = new Line();
    const [answer] = line.say({ syn: true, acknowledgment: undefined });
    const wrong = advanced(answer?.sequence ?? 0, 7);
    const reset = line.say({ sequence: FIRST + 1, acknowledgment: wrong });
    expect(reset).toMatchObject([{ rst: true, sequence: wrong }]);
  });

  it("resets who asks for nothing in half a minute", () => {
    const line = new Line().connect();
    expect(line.wait()).toMatchObject([{ rst: true, sequence: line.expected }]);
    expect(line.nowNs).toBe(30 * S);
    expect(line.http).toMatchObject({ timedOut: 1, open: 0 });
  });
});

describe("patience", () => {
  it("ends for who does not finish asking, however it goes on", () => {
    const line = new Line().connect();
    line.nowNs = 20 * S;
    line.say({ payload: latin1("GET / HT") });
    expect(line.wait()).toMatchObject([{ rst: true }]);
    expect(line.nowNs).toBe(30 * S);
  });

  it("is not wanted from who waits for an answer", () => {
    const line = new Line().connect();
    line.nowNs = 29.995 * S;
    line.ask("/3000000.sha256");
    const [answer] = line.wait();
    expect(line.nowNs).toBeGreaterThan(30 * S);
    expect(answer).toMatchObject({ fin: true, rst: false });
  });
});

describe("what belongs to no connection", () => {
  it("is answered with a reset that its sender believes", () => {
    expect(new Line().say({ acknowledgment: 77 })).toMatchObject([
      { rst: true, sequence: 77, acknowledgment: undefined },
    ]);
    expect(new Line().say({ acknowledgment: undefined, fin: true, payload: latin1("abc") })).toMatchObject([
      { rst: true, sequence: 0, acknowledgment: FIRST + 4 },
    ]);
    expect(new Line().say({ syn: true, acknowledgment: undefined, destinationPort: 81 })).toMatchObject([
      { rst: true, sourcePort: 81, acknowledgment: FIRST + 1 },
    ]);
  });

  it("is not answered when it is a reset itself, or damaged, and damage is counted", () => {
    const line = new Line();
    expect(line.say({ rst: true })).toEqual([]);
    const damaged = tcpFrame({ syn: true });
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    expect(line.peer.receive(damaged, 0)).toEqual([]);
    expect(line.http.damagedSegments).toBe(1);
  });
});

describe("one connection too many", () => {
  const full = (): HttpPeer => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    for (let i = 0; i < MAX_CONNECTIONS; i++) new Line(peer, 50_000 + i).connect();
    return peer;
  };

  it("is refused, and the others stay", () => {
    const peer = full();
    const late = new Line(peer, 60_000);
    expect(late.say({ syn: true, acknowledgment: undefined })).toMatchObject([{ rst: true }]);
    expect(late.http).toMatchObject({ accepted: MAX_CONNECTIONS, refused: 1, open: MAX_CONNECTIONS });
  });

  it("takes the place of one that is over and only waits", () => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    const over = new Line(peer, 49_999).connect();
    over.acknowledge(over.ask("/10"), { fin: true });
    for (let i = 1; i < MAX_CONNECTIONS; i++) new Line(peer, 50_000 + i).connect();
    new Line(peer, 60_000).connect();
    expect(over.http).toMatchObject({ refused: 0, finished: 1, open: MAX_CONNECTIONS });
  });
});

describe("a reset", () => {
  it("ends a connection only with the very next number; another one in the window is asked about", () => {
    const line = new Line().connect();
    expect(line.say({ rst: true, sequence: line.next + 5 })).toMatchObject([{ acknowledgment: line.next }]);
    expect(line.say({ rst: true, sequence: line.next + 50_000 })).toEqual([]);
    expect(line.http.open).toBe(1);
    expect(line.say({ rst: true })).toEqual([]);
    expect(line.http).toMatchObject({ open: 0, reset: 1 });
  });

  it("is not provoked by a SYN in an open connection", () => {
    const line = new Line().connect();
    const answer = line.say({ syn: true, acknowledgment: undefined });
    expect(answer).toMatchObject([{ rst: false, acknowledgment: line.next }]);
    expect(line.http.open).toBe(1);
  });
});

describe("receiving", () => {
  it("takes a request in pieces, drops what comes too early, and asks for what is missing", () => {
    const line = new Line().connect();
    const [first, second] = [latin1("GET /3 HT"), latin1("TP/1.0\r\n\r\n")];
    const early = line.say({ sequence: line.next + first.length, payload: second });
    expect(early).toMatchObject([{ acknowledgment: line.next, payload: latin1("") }]);
    line.say({ payload: first });
    // The end once more, with the last byte of the beginning.
    const over = Uint8Array.of(first[8] ?? 0, ...second);
    const [answer] = line.say({ sequence: line.next + first.length - 1, payload: over });
    expect(answer?.acknowledgment).toBe(line.next + first.length + second.length);
    expect(answer?.payload.length).toBeGreaterThan(50);
    expect(line.http.requests).toEqual([{ status: 200, count: 1 }]);
  });

  it("does not believe an acknowledgment of what it never sent", () => {
    const line = new Line().connect();
    const payload = latin1("GET /3 HTTP/1.0\r\n\r\n");
    expect(line.say({ payload, acknowledgment: line.expected + 1 })).toMatchObject([
      { acknowledgment: line.next, payload: latin1("") },
    ]);
    expect(line.http.requests).toEqual([]);
  });
});

describe("sending", () => {
  it("sends no more at once than the largest segment and the first window of RFC 5681 allow", () => {
    expect(
      new Line()
        .connect()
        .ask("/100000")
        .map(({ payload }) => payload.length),
    ).toEqual([1460, 1460, 1460]);
    const small = new Line().connect({ mss: 500 });
    expect(small.ask("/100000").map(({ payload }) => payload.length)).toEqual([500, 500, 500, 500]);
    const silent = new Line().connect({ mss: undefined });
    expect(silent.ask("/100000")[0]?.payload).toHaveLength(536);
  });

  it("doubles what is under way with each round trip, up to 64 KiB", () => {
    const line = new Line().connect({ windowShift: 7 });
    let sent = line.ask("/5000000");
    const rounds: number[] = [];
    for (let round = 0; round < 6; round++) {
      rounds.push(sent.length);
      sent = sent.flatMap((segment) => line.acknowledge([segment]));
    }
    expect(rounds).toEqual([3, 6, 12, 24, 44, 44]);
  });

  it("sends again at once what three acknowledgments in a row say is missing", () => {
    const line = new Line().connect();
    const sent = line.acknowledge(line.acknowledge(line.ask("/100000")));
    const missing = line.expected;
    expect(sent.length).toBeGreaterThan(3);
    expect([line.say({}), line.say({})]).toEqual([[], []]);
    expect(line.say({})).toMatchObject([{ sequence: missing, payload: sent[0]?.payload }]);
    expect(line.nowNs).toBe(0);
    expect(line.http.retransmittedSegments).toBe(1);
  });

  it("sends the next that is missing as soon as the first has arrived", () => {
    const line = new Line().connect();
    const sent = line.acknowledge(line.acknowledge(line.ask("/100000")));
    for (let i = 0; i < 3; i++) line.say({});
    const [again] = line.acknowledge(sent.slice(0, 1));
    expect(again).toMatchObject({ sequence: sent[1]?.sequence, payload: sent[1]?.payload });
  });

  it("takes nothing for a repeated acknowledgment that carries something else, or another window", () => {
    const line = new Line().connect();
    line.acknowledge(line.acknowledge(line.ask("/100000")));
    for (let i = 0; i < 5; i++) {
      const payload = latin1("more");
      expect(line.say({ payload })).toMatchObject([{ payload: { length: 0 } }]);
      line.next = advanced(line.next, payload.length);
    }
    for (let i = 0; i < 5; i++) expect(line.say({ window: 65_000 - i })).toEqual([]);
    expect(line.http.retransmittedSegments).toBe(0);
  });

  it("believes no repeated acknowledgments of what it sends again anyway after a timeout", () => {
    const line = new Line().connect();
    line.acknowledge(line.acknowledge(line.ask("/100000")));
    expect(line.wait()).toHaveLength(1);
    const counted = line.http.retransmittedSegments;
    for (let i = 0; i < 5; i++) expect(line.say({})).toEqual([]);
    expect(line.http.retransmittedSegments).toBe(counted);
  });

  it("sends again at once what got lost in a window that has shrunk since", () => {
    const line = new Line().connect();
    const [first] = line.ask("/100000");
    line.say({ window: 100 });
    expect(line.wait()).toMatchObject([{ sequence: first?.sequence, payload: { length: 100 } }]);
    expect(line.nowNs).toBe(200 * MS);
  });

  it("sends the last segment again whole, and the FIN with it or behind it", () => {
    const line = new Line().connect();
    const head = new Line().connect().ask("/1350")[0]?.payload.length ?? 0;
    const sent = line.ask(`/${1350 + 1460 - head}`);
    expect(sent).toMatchObject([{ fin: true, payload: { length: 1460 } }]);
    expect(line.wait()).toMatchObject([{ payload: sent[0]?.payload }]);
  });

  it("is patient again as soon as something has got through", () => {
    const line = new Line().connect();
    const sent = line.ask("/100000");
    for (let i = 0; i < 5; i++) line.wait();
    line.acknowledge(sent);
    const atNs = line.nowNs;
    line.wait();
    expect(line.nowNs - atNs).toBe(200 * MS);
  });

  it("is so too when a window opens that it has asked about for long", () => {
    const line = new Line().connect();
    line.acknowledge(line.ask("/100000", { window: 1460 }), { window: 0 });
    for (let i = 0; i < 5; i++) line.wait();
    expect(line.say({ window: 5000 }).length).toBeGreaterThan(0);
    const atNs = line.nowNs;
    line.wait();
    expect(line.nowNs - atNs).toBe(200 * MS);
  });

  it("sends nothing new before half of what was under way has arrived, when some of it got lost", () => {
    const line = new Line().connect();
    const round = (sent: readonly TcpSegment[]) => sent.flatMap((segment) => line.acknowledge([segment]));
    const sent = round(round(line.ask("/100000")));
    expect(sent).toHaveLength(12);
    for (let i = 0; i < 3; i++) line.say({});
    // Six segments' worth, and what the acknowledgments vouch for, less what has just arrived.
    expect(line.acknowledge(sent.slice(0, 4))).toMatchObject([{ sequence: sent[4]?.sequence }]);
    expect(line.acknowledge(sent)).toHaveLength(6);
  });

  it("sends again what is not acknowledged, later each time, then breaks off", () => {
    const line = new Line().connect();
    const [first] = line.ask("/100000");
    const at: number[] = [0];
    for (let said = line.wait(); said[0]?.rst === false; said = line.wait()) {
      expect(said).toMatchObject([{ sequence: first?.sequence, payload: first?.payload }]);
      at.push(line.nowNs);
    }
    const gaps = at.slice(1).map((ns, i) => (ns - (at[i] ?? 0)) / MS);
    expect(gaps).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, ...Array(6).fill(60_000)]);
    expect(line.http).toMatchObject({ timedOut: 1, open: 0, retransmittedSegments: 15 });
  });

  it("waits longer where round trips take longer", () => {
    const line = new Line();
    const [answer] = line.say({ syn: true, acknowledgment: undefined });
    line.nowNs = 400 * MS;
    line.next = FIRST + 1;
    line.expected = advanced(answer?.sequence ?? 0, 1);
    line.ask("/100000");
    line.wait();
    // The first sample counts for its variance too: 400 ms + 4 * 200 ms.
    expect(line.nowNs).toBe((400 + 1200) * MS);
  });

  it("learns nothing of round trips from what was sent twice", () => {
    const line = new Line();
    const opening = { syn: true, acknowledgment: undefined };
    line.say(opening);
    line.nowNs = 400 * MS;
    const [again] = line.say(opening);
    line.next = FIRST + 1;
    line.expected = advanced(again?.sequence ?? 0, 1);
    line.ask("/100000");
    line.wait();
    expect(line.nowNs).toBe((400 + 1000) * MS);
  });

  it("asks a closed window with one byte, and fills it when it opens", () => {
    const line = new Line().connect();
    const sent = line.ask("/100000", { window: 1460 });
    expect(sent).toHaveLength(1);
    expect(line.acknowledge(sent, { window: 0 })).toEqual([]);
    const probes = [line.wait(), line.say({ window: 0 }), line.wait(), line.wait()];
    expect(probes.map((said) => said.map(({ payload }) => payload.length))).toEqual([[1], [], [1], [1]]);
    expect(line.nowNs).toBe((200 + 400 + 800) * MS);
    line.expected = advanced(line.expected, 1);
    expect(line.say({ window: 3000 }).map(({ payload }) => payload.length)).toEqual([1460, 1460]);
  });

  it("keeps asking for ever as long as somebody answers", () => {
    const line = new Line().connect();
    line.acknowledge(line.ask("/100000", { window: 1460 }), { window: 0 });
    for (let i = 0; i < 100; i++) {
      expect(line.wait()).toHaveLength(1);
      line.say({ window: 0 });
    }
    expect(line.http.open).toBe(1);
  });

  it("sends no silly little segments into a window that hardly opens", () => {
    const line = new Line().connect();
    const sent = line.ask("/100000", { window: 1460 });
    expect(line.acknowledge(sent, { window: 200 })).toEqual([]);
    expect(line.say({ window: 1460 })).toMatchObject([{ payload: { length: 1460 } }]);
  });

  it("does not let an older segment take the window back", () => {
    const line = new Line().connect();
    const [first, second] = line.ask("/100000", { window: 2920 });
    line.acknowledge(
      [first, second].filter((segment) => segment !== undefined),
      { window: 65_535 },
    );
    expect(line.say({ acknowledgment: first?.sequence, window: 0 })).toEqual([]);
    expect(line.wait()).toMatchObject([{ payload: { length: 1460 } }]);
  });
});

describe("closing", () => {
  it("goes with the last of the data, waits for the other side, then for what strays", () => {
    const line = new Line().connect();
    const answer = line.ask("/10");
    expect(answer).toMatchObject([{ fin: true, push: true }]);
    line.acknowledge(answer);
    expect(line.http.open).toBe(1);
    const fin = { fin: true };
    expect(line.say(fin)).toMatchObject([{ acknowledgment: line.next + 1, fin: false }]);
    expect(line.http).toMatchObject({ finished: 1, open: 0 });
    line.nowNs = S;
    expect(line.say(fin)).toMatchObject([{ acknowledgment: line.next + 1 }]);
    expect(line.peer.nextNs()).toBe(3 * S);
    expect(line.wait()).toEqual([]);
    expect(line.http).toMatchObject({ accepted: 1, finished: 1 });
    expect(line.say(fin)).toMatchObject([{ rst: true }]);
  });

  it("may happen on both sides at once", () => {
    const line = new Line().connect();
    const answer = line.ask("/10");
    expect(line.say({ fin: true })).toMatchObject([{ fin: false, acknowledgment: line.next + 1 }]);
    expect(line.http.open).toBe(1);
    line.next = advanced(line.next, 1);
    line.acknowledge(answer);
    expect(line.http).toMatchObject({ finished: 1, open: 0 });
    expect(line.peer.nextNs()).toBe(2 * S);
  });

  it("may begin at the other side, which still gets its answer", () => {
    const line = new Line().connect();
    const answer = line.ask("/10", { fin: true });
    line.next = advanced(line.next, 1);
    expect(answer).toMatchObject([{ fin: true, acknowledgment: line.next }]);
    line.acknowledge(answer);
    expect(line.http).toMatchObject({ finished: 1, open: 0 });
    expect(line.peer.nextNs()).toBeUndefined();
  });

  it("does not wait for ever for the other side", () => {
    const line = new Line().connect();
    line.acknowledge(line.ask("/10"));
    expect(line.wait()).toEqual([]);
    expect(line.nowNs).toBe(60 * S);
    expect(line.http).toMatchObject({ finished: 1, open: 0 });
  });

  it("lets the next connection between the same ports begin behind this one", () => {
    const line = new Line().connect();
    line.acknowledge(line.ask("/10"), { fin: true });
    const last = line.expected;
    const old = line.say({ syn: true, acknowledgment: undefined, sequence: FIRST });
    expect(old).toMatchObject([{ syn: false, acknowledgment: line.next + 1 }]);
    const [fresh] = line.say({ syn: true, acknowledgment: undefined, sequence: line.next + 10 });
    expect(fresh?.syn).toBe(true);
    expect(((fresh?.sequence ?? 0) - last) | 0).toBeGreaterThan(0);
    expect(line.http).toMatchObject({ accepted: 2, finished: 1, open: 1 });
  });
});

it("serves the others while one has gone in mid-transfer", () => {
  const peer = new HttpPeer(SERVER, { seed: 7 });
  new Line(peer, 50_000).connect().ask("/1000000");
  const client = new TcpClient({ request: "GET /200000 HTTP/1.0\r\n\r\n" });
  talk(client, peer, { seed: 1 });
  expect(client.state).toBe("closed");
  expect(client.text.length).toBeGreaterThan(200_000);
  expect(peer.report().http).toMatchObject({ accepted: 2, finished: 1, timedOut: 1, open: 0 });
});
