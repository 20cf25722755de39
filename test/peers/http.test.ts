/** What the server of HTTP answers, and when. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileAt, MAX_FILE_BYTES } from "../../src/peers/http/files.ts";
import { patternSource } from "../../src/peers/http/pattern.ts";
import { MAX_HEAD_CHARACTERS, parseRequest } from "../../src/peers/http/request.ts";
import { HttpPeer } from "../../src/peers/http.ts";
import { bytesSource, joined } from "../../src/peers/tcp/byte-source.ts";
import { talk } from "../support/lossy-link.ts";
import { TcpClient } from "../support/tcp-client.ts";
import { SERVER, segmentIn, tcpFrame } from "../support/tcp-frames.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
  readonly endNs: number;
}

function ask(request: string, peer = new HttpPeer(SERVER, { seed: 7 }), port = 40_000): Answer {
  const client = new TcpClient({ request, port });
  const endNs = talk(client, peer, { seed: 1 });
  expect(client.state).toBe("closed");
  const end = client.text.indexOf("\r\n\r\n");
  const head = client.text.subarray(0, end).toString("latin1");
  return { status: Number(head.split(" ")[1]), head, body: client.text.subarray(end + 4), endNs };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: server\r\n\r\n`;

describe("a request", () => {
  it.each([
    ["GET / HTTP/1.0\r\n\r\n", "/", false],
    ["HEAD /7 HTTP/1.1\r\nHost: server\r\n\r\n", "/7", true],
    // As busybox sends it.
    ["GET /5 HTTP/1.1\r\nHost: 10.0.0.254\r\nUser-Agent: Wget\r\nConnection: close\r\n\r\n", "/5", false],
    ["GET http://server/5 HTTP/1.1\r\nhost:server\r\n\r\n", "/5", false],
    ["GET http://server HTTP/1.0\n\n", "/", false],
  ])("%j is understood", (text, path, headOnly) => {
    expect(parseRequest(text)).toEqual({ kind: "get", path, headOnly });
  });

  it.each([
    ["malformed", "GET /\r\n\r\n"],
    ["malformed", "GET / HTTP/2.0\r\n\r\n"],
    ["malformed", "GET  / HTTP/1.0\r\n\r\n"],
    ["malformed", "\r\n\r\nGET / HTTP/1.0\r\n\r\n"],
    ["malformed", "GET / HTTP/1.1\r\n\r\n"],
    ["malformed", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ["malformed", "GET / HTTP/1.0\r\nno field\r\n\r\n"],
    ["malformed", "GET / HTTP/1.0\r\nname : x\r\n\r\n"],
    ["malformed", "x".repeat(MAX_HEAD_CHARACTERS + 1)],
    ["malformed", `GET / HTTP/1.0\r\nx: ${"x".repeat(MAX_HEAD_CHARACTERS)}\r\n\r\n`],
    ["incomplete", "x".repeat(MAX_HEAD_CHARACTERS)],
    ["incomplete", "GET / HTTP/1.0\r\n"],
    ["incomplete", ""],
    ["unsupported", "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"],
  ])("is %s: %j", (kind, text) => expect(parseRequest(text)).toEqual({ kind }));

  it("never makes the parser fail, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."GET /1HP.\r\n:\0") }), (text) => {
        expect(["get", "malformed", "incomplete", "unsupported"]).toContain(parseRequest(text).kind);
      }),
    );
  });
});

describe("a path", () => {
  it.each([
    ["/", { kind: "page" }],
    ["/0", { kind: "pattern", sizeBytes: 0 }],
    ["/5242880", { kind: "pattern", sizeBytes: 5_242_880 }],
    [`/${MAX_FILE_BYTES}`, { kind: "pattern", sizeBytes: MAX_FILE_BYTES }],
    ["/12.sha256", { kind: "digest", sizeBytes: 12 }],
    [`/${MAX_FILE_BYTES + 1}`, undefined],
    ["/99999999999999999999", undefined],
    ["/007", undefined],
    ["/-1", undefined],
    ["/12.sha1", undefined],
    ["12", undefined],
  ])("%s leads to %j", (path, file) => expect(fileAt(path)).toEqual(file));
});

describe("the pattern", () => {
  const whole = new Uint8Array(10_000);
  patternSource(7, whole.length).read(0, whole);

  it("is the same wherever one begins to read", () => {
    fc.assert(
      fc.property(fc.nat(9999), fc.nat(9999), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const part = new Uint8Array(to - from);
        patternSource(7, whole.length).read(from, part);
        expect(Buffer.from(part).equals(whole.subarray(from, to))).toBe(true);
      }),
    );
  });

  it("repeats itself nowhere soon, and is another one for another seed", () => {
    const words = new Set(new Uint32Array(whole.buffer, 0, whole.length / 4));
    expect(words.size).toBeGreaterThan(2490);
    const other = new Uint8Array(whole.length);
    patternSource(8, other.length).read(0, other);
    expect(other.filter((byte, i) => byte === whole[i]).length).toBeLessThan(100);
  });

  it("stays what it is behind another source, at every offset", () => {
    const head = new Uint8Array(13).fill(0xaa);
    const both = joined(bytesSource(head), patternSource(7, 100));
    const all = Uint8Array.from([...head, ...whole.subarray(0, 100)]);
    for (let from = 0; from < both.sizeBytes; from++) {
      const part = new Uint8Array(Math.min(40, both.sizeBytes - from));
      both.read(from, part);
      expect(part).toEqual(all.subarray(from, from + part.length));
    }
  });
});

describe("an answer", () => {
  it("says how much comes, and that the connection then ends", () => {
    const { status, head, body } = ask(get("/100"));
    expect(status).toBe(200);
    expect(head.split("\r\n").slice(1)).toEqual([
      "Content-Type: application/octet-stream",
      "Content-Length: 100",
      "Connection: close",
    ]);
    expect(body).toHaveLength(100);
  });

  it.each(["/", "/100", "/100.sha256", "/nothing"])("to HEAD %s has the head of GET and no body", (path) => {
    const whole = ask(get(path));
    const head = ask(get(path).replace("GET", "HEAD"));
    expect(head.head).toBe(whole.head);
    expect(head.body).toHaveLength(0);
    expect(whole.body.length).toBeGreaterThan(0);
    expect(whole.head).toContain(`Content-Length: ${whole.body.length}\r\n`);
  });

  it("lists what there is", () => expect(ask(get("/")).body.toString()).toContain("GET /BYTES"));

  it("refuses what it does not have, do or understand, and counts that", () => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    expect(ask(get("/"), peer, 1).status).toBe(200);
    expect(ask(get("/x"), peer, 2).status).toBe(404);
    expect(ask(get("/y"), peer, 3).status).toBe(404);
    expect(ask("nonsense\r\n\r\n", peer, 4).status).toBe(400);
    const refused = ask("DELETE / HTTP/1.0\r\n\r\n", peer, 5);
    expect(refused.status).toBe(405);
    expect(refused.head).toContain("Allow: GET, HEAD");
    expect(peer.report().http?.requests).toEqual([
      { status: 200, count: 1 },
      { status: 400, count: 1 },
      { status: 404, count: 2 },
      { status: 405, count: 1 },
    ]);
  });

  it("to half a request is that it is none, and to none at all nothing", () => {
    const half = new TcpClient({ request: "GET / HT", closesFirst: true });
    talk(half, new HttpPeer(SERVER, { seed: 7 }), { seed: 1 });
    expect(half.text.toString()).toMatch(/^HTTP\/1\.1 400 /);
    const none = new TcpClient({ request: "", closesFirst: true });
    const peer = new HttpPeer(SERVER, { seed: 7 });
    talk(none, peer, { seed: 1 });
    expect(none.state).toBe("closed");
    expect(none.text).toHaveLength(0);
    expect(peer.report().http).toMatchObject({ requests: [], finished: 1 });
  });

  it("is counted in bytes that have arrived", () => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    const { head, body } = ask(get("/12345"), peer);
    expect(peer.report().http?.servedBytes).toBe(head.length + 4 + body.length);
  });
});

describe("a digest", () => {
  it.each([0, 1, 65_535, 65_536, 200_000])("of %i bytes is the one of the file", (size) => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    const { body } = ask(get(`/${size}`), peer, 1);
    const line = ask(get(`/${size}.sha256`), peer, 2).body.toString();
    expect(line).toBe(`${sha256(body)}  ${size}\n`);
  });

  it("of a large file does not keep the wire waiting: it is worked out between other things", () => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    let slices = 0;
    const client = new TcpClient({ request: get("/5000000.sha256") });
    const timer = peer.timer.bind(peer);
    peer.timer = (nowNs) => {
      const frames = timer(nowNs);
      slices++;
      expect(peer.nextNs() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(nowNs);
      return frames;
    };
    talk(client, peer, { seed: 1 });
    expect(client.text.toString()).toMatch(/\r\n\r\n[0-9a-f]{64} {2}5000000\n$/);
    expect(slices).toBeGreaterThan(5_000_000 / 65_536);
  });

  it("is worked out once, for all who ask for it", () => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    const first = ask(get("/1000000.sha256"), peer, 1);
    const again = ask(get("/1000000.sha256"), peer, 2);
    expect(again.body).toEqual(first.body);
    expect(again.endNs).toBeLessThan(first.endNs);
  });

  it("is given up when nobody waits for it any more", () => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    const say = (parts: Parameters<typeof tcpFrame>[0]) => peer.receive(tcpFrame(parts), 0).map(segmentIn);
    const [syn] = say({ syn: true, sequence: 1 });
    const payload = Buffer.from("GET /60000000.sha256 HTTP/1.0\r\n\r\n");
    const acknowledgment = (syn?.sequence ?? 0) + 1;
    say({ sequence: 2, acknowledgment, payload });
    expect(peer.nextNs()).toBe(0);
    peer.timer(0);
    expect(peer.nextNs()).toBeLessThan(1_000_000);
    say({ sequence: 2 + payload.length, rst: true });
    expect(peer.nextNs()).toBeUndefined();
    expect(peer.report().http).toMatchObject({ reset: 1, open: 0 });
  });
});

it("does the same in every run", () => {
  const run = (): string => {
    const peer = new HttpPeer(SERVER, { seed: 7 });
    const client = new TcpClient({ request: get("/30000") });
    talk(client, peer, { seed: 3, lost: 20, doubled: 10, delayed: 20 });
    return JSON.stringify(peer.report()) + sha256(client.text);
  };
  expect(run()).toBe(run());
});
