import { describe, expect, it } from "vitest";
import { UplinkActor, type UplinkLink } from "../../actors/uplink-body.ts";
import { uplinkId } from "../../src/base/ids.ts";
import { arpRequestFrame, padFrame } from "../../src/ethernet/host.ts";
import { frameForStream, MAX_STREAM_FRAME_BYTES } from "../../src/ethernet/stream-framing.ts";
import { uplinkAddress, WIRE } from "../../src/protocol/address.ts";
import { Mailbox } from "../support/mailbox.ts";

const UPLINK = uplinkAddress(uplinkId(0));
const MS = 1_000_000;

/** Does nothing by itself, and notes what is wanted of it. */
class StubLink implements UplinkLink {
  readonly wanted: string[] = [];
  readonly written: Uint8Array[] = [];
  pendingFrames = 0;

  seek = (): void => void this.wanted.push("seek");
  hangUp = (): void => void this.wanted.push("hang up");
  close = (): void => void this.wanted.push("close");
  write(framed: Uint8Array): void {
    this.written.push(framed);
    this.pendingFrames++;
  }
}

function rig({ dials = true, bufferFrames = 4, stripsPadding = false } = {}) {
  const mailbox = new Mailbox();
  const link = new StubLink();
  const times = { retryNs: 100 * MS, maxRetryNs: 1000 * MS };
  const uplink = new UplinkActor({
    ...{ id: uplinkId(0), ports: mailbox.ports(UPLINK), link, dials, bufferFrames, stripsPadding },
    ...times,
  });
  mailbox.add(uplink);
  uplink.start();
  const out = (...frames: readonly Uint8Array[]): void => {
    for (const bytes of frames) mailbox.send(WIRE, UPLINK, { type: "frame", bytes });
    mailbox.settle();
  };
  return { mailbox, link, uplink, out };
}

const frame = (bytes: number, tag = 7): Uint8Array => new Uint8Array(bytes).fill(tag);

describe("an uplink that is connected", () => {
  it("writes each frame with its length, as long as there is room", () => {
    const { link, uplink, out } = rig({ bufferFrames: 2 });
    uplink.found();
    out(frame(60, 1), frame(1514, 2), frame(60, 3));
    expect(link.written).toEqual([frameForStream(frame(60, 1)), frameForStream(frame(1514, 2))]);
    link.pendingFrames = 0;
    out(frame(60, 4));
    expect(uplink.report()).toMatchObject({ outFrames: 3, outBytes: 1634, dropped: { bufferFull: 1 } });
  });

  it.each([
    [false, 60],
    [true, 42],
  ])("takes padding off when it is to (%s): an ARP packet of 60 bytes has %i", (stripsPadding, bytes) => {
    const { link, uplink, out } = rig({ stripsPadding });
    uplink.found();
    out(padFrame(arpRequestFrame({ mac: frame(6), ip: 1 }, 2)));
    expect(link.written.map(({ length }) => length - 4)).toEqual([bytes]);
  });

  it("hands to the wire what comes in, padded to what an Ethernet carries", () => {
    const { mailbox, uplink } = rig();
    uplink.found();
    const stream = Buffer.concat([frame(14), frame(1518)].map(frameForStream));
    uplink.received(stream.subarray(0, 3));
    uplink.received(stream.subarray(3));
    const frames = mailbox.sent(WIRE, "frame").map(({ bytes }) => bytes);
    expect(frames.map(({ length }) => length)).toEqual([60, 1518]);
    expect(frames[0]?.subarray(0, 15)).toEqual(Uint8Array.from([...frame(14), 0]));
    expect(uplink.report()).toMatchObject({ inFrames: 2, inBytes: 1532 });
  });

  it("drops what is no Ethernet frame, what the wire has no room for, and what comes after the end", () => {
    const { mailbox, uplink } = rig();
    uplink.found();
    uplink.received(frameForStream(frame(13)));
    uplink.received(frameForStream(frame(0)));
    uplink.received(frameForStream(frame(1519)));
    mailbox.capacity.set(WIRE, 0);
    uplink.received(frameForStream(frame(60)));
    mailbox.capacity.delete(WIRE);
    uplink.hush();
    uplink.received(frameForStream(frame(60)));
    expect(mailbox.sent(WIRE, "frame")).toEqual([]);
    const none = { notConnected: 0, bufferFull: 0 };
    expect(uplink.report().dropped).toEqual({ ...none, runt: 2, oversize: 1, wireFull: 1, late: 1 });
    expect(uplink.stateName).toBe("connected");
  });

  it("hangs up when what comes can be no frame, and understands the next connection from its beginning", () => {
    const { mailbox, link, uplink } = rig({ dials: false });
    uplink.found();
    uplink.received(Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 1, 2, 3));
    expect(link.wanted).toEqual(["seek", "hang up", "seek"]);
    const problem = `found a frame of 3735928559 bytes, expected at most ${MAX_STREAM_FRAME_BYTES}`;
    expect(uplink.report()).toMatchObject({ stateName: "seeking", malformed: 1, connections: 1, problem });
    uplink.found();
    uplink.received(frameForStream(frame(60)));
    expect(mailbox.sent(WIRE, "frame")).toHaveLength(1);
    expect(uplink.report()).toMatchObject({ connections: 2, problem: undefined });
  });

  it("forgets half a frame of a connection that is gone", () => {
    const { mailbox, uplink } = rig({ dials: false });
    uplink.found();
    uplink.received(frameForStream(frame(60)).subarray(0, 30));
    uplink.lost(undefined);
    uplink.found();
    uplink.received(frameForStream(frame(64)));
    expect(mailbox.sent(WIRE, "frame").map(({ bytes }) => bytes.length)).toEqual([64]);
  });
});

describe("an uplink that is not connected", () => {
  it("drops what the wire has for it", () => {
    const { link, uplink, out } = rig();
    out(frame(60), frame(60));
    expect(link.written).toEqual([]);
    expect(uplink.report()).toMatchObject({ outFrames: 0, dropped: { notConnected: 2 } });
  });

  it("waits twice as long after each attempt that led to nothing, and not longer than the most", () => {
    const { mailbox, link, uplink } = rig();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const beganNs = mailbox.nowNs;
      const seeks = link.wanted.length;
      uplink.failed("nobody is there");
      expect(uplink.stateName).toBe("waiting");
      mailbox.run(beganNs + 10_000 * MS, () => link.wanted.length > seeks);
      waits.push((mailbox.nowNs - beganNs) / MS);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(uplink.report().problem).toBe("nobody is there");
  });

  it("waits longer too for one who lets it in and sends it away, and begins anew once a frame has come", () => {
    const { mailbox, link, uplink } = rig();
    const waitMs = (): number => {
      const [beganNs, seeks] = [mailbox.nowNs, link.wanted.length];
      uplink.lost(undefined);
      mailbox.run(beganNs + 10_000 * MS, () => link.wanted.length > seeks);
      uplink.found();
      return (mailbox.nowNs - beganNs) / MS;
    };
    uplink.found();
    expect([waitMs(), waitMs(), waitMs()]).toEqual([100, 200, 400]);
    uplink.received(frameForStream(frame(60)));
    expect(waitMs()).toBe(100);
  });

  it("is ready for the next at once when it listens", () => {
    const { link, uplink } = rig({ dials: false });
    uplink.found();
    uplink.lost("reset by peer");
    expect(link.wanted).toEqual(["seek", "seek"]);
    expect(uplink.stateName).toBe("seeking");
  });
});

describe("the end", () => {
  it.each([
    ["seeking", (_: UplinkActor) => undefined],
    ["connected", (uplink: UplinkActor) => uplink.found()],
    ["waiting", (uplink: UplinkActor) => uplink.failed("nobody")],
  ])("closes the link while it is %s, once, and seeks no more", (state, lead) => {
    const { mailbox, link, uplink } = rig();
    lead(uplink);
    expect(uplink.stateName).toBe(state);
    uplink.close();
    uplink.close();
    mailbox.run(10_000 * MS);
    expect(link.wanted).toEqual(["seek", "close"]);
    expect(uplink.stateName).toBe("closed");
  });
});
