import { describe, expect, test } from "vitest";
import { cardId, epoch, guestId } from "../../src/base/ids.ts";
import type { CapturedFrame } from "../../src/engine/report.ts";
import { BLOCK, ENHANCED, INTERFACE, OPTION, padded, SECTION } from "../../src/ethernet/pcapng-format.ts";
import { captureChunks } from "../../src/export/capture.ts";
import type { Mode } from "../../src/scenario/scenario.ts";
import { madeUpScenario } from "./made-up.ts";

const STARTED_AT = 1_700_000_000_000_000_000n;
const BYTES = Uint8Array.from({ length: 61 }, (_, i) => i);

const frame = (parts: Partial<CapturedFrame>): CapturedFrame => ({
  at: { kind: "card", card: cardId(0) },
  timestampNs: 0,
  direction: "out",
  epoch: undefined,
  holder: undefined,
  outcome: undefined,
  bytes: BYTES,
  ...parts,
});

/** A block's type, its fixed fields and its options as texts, by code. */
interface Block {
  readonly type: number;
  readonly body: DataView;
  readonly texts: ReadonlyMap<number, string>;
}

const FIXED_BYTES: Readonly<Record<number, number>> = {
  [BLOCK.section]: SECTION.bytes,
  [BLOCK.interface]: INTERFACE.bytes,
};

function blocksOf(file: Uint8Array): readonly Block[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const blocks: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const [type, bytes] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const body = new DataView(file.buffer, file.byteOffset + at + 8, bytes - 12);
    const frameBytes =
      type === BLOCK.enhancedPacket ? padded(body.getUint32(ENHANCED.capturedBytes, true)) : 0;
    blocks.push({ type, body, texts: textsOf(body, (FIXED_BYTES[type] ?? ENHANCED.bytes) + frameBytes) });
    at += bytes;
  }
  return blocks;
}

function textsOf(body: DataView, from: number): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  for (let at = from; at < body.byteLength; ) {
    const [code, bytes] = [body.getUint16(at, true), body.getUint16(at + 2, true)];
    texts.set(code, new TextDecoder().decode(new Uint8Array(body.buffer, body.byteOffset + at + 4, bytes)));
    at += 4 + padded(bytes);
  }
  return texts;
}

function capture(mode: Mode, ...frames: readonly CapturedFrame[]): readonly Block[] {
  const outcome = { frames, startedAt: STARTED_AT };
  return blocksOf(Buffer.concat([...captureChunks(madeUpScenario({ mode }), outcome, "vpio 0.1.0")]));
}

const packets = (mode: Mode, ...frames: readonly CapturedFrame[]): readonly Block[] =>
  capture(mode, ...frames).filter(({ type }) => type === BLOCK.enhancedPacket);

const commentOf = (mode: Mode, parts: Partial<CapturedFrame>): string | undefined =>
  packets(mode, frame(parts))[0]?.texts.get(OPTION.comment);

test("the section says what wrote it, and of which run", () => {
  const [section] = capture("vpio");
  expect(section?.texts.get(OPTION.sectionApplication)).toBe("vpio 0.1.0");
  expect(section?.texts.get(OPTION.comment)).toBe("made-up, mode vpio, seed 1");
});

test("each card has an interface, then each guest", () => {
  const interfaces = capture("vpio").filter(({ type }) => type === BLOCK.interface);
  const names = interfaces.map(({ texts }) => [
    texts.get(OPTION.interfaceName),
    texts.get(OPTION.interfaceDescription),
  ]);
  expect(names).toEqual([
    ["rtl0", "rtl8139 at port 0xc000"],
    ["alice", "guest, 52:56:50:00:00:01"],
    ["bob", "guest, 52:56:50:00:00:02"],
  ]);
});

test("a frame is at its interface, at its time, whole", () => {
  const at = { kind: "guest", guest: guestId(1) } as const;
  const [packet] = packets("vpio", frame({ at, timestampNs: 1_234_567_890 }));
  expect(packet?.body.getUint32(ENHANCED.interface, true)).toBe(2);
  const high = BigInt(packet?.body.getUint32(ENHANCED.timestampHigh, true) ?? 0);
  const low = BigInt(packet?.body.getUint32(ENHANCED.timestampLow, true) ?? 0);
  expect((high << 32n) | low).toBe(STARTED_AT + 1_234_567_890n);
  expect(packet?.body.getUint32(ENHANCED.originalBytes, true)).toBe(BYTES.length);
  const bytes = Array.from(BYTES, (_, i) => packet?.body.getUint8(ENHANCED.bytes + i));
  expect(bytes).toEqual([...BYTES]);
});

test("a frame has its direction", () => {
  const flags = packets("vpio", frame({ direction: "in" }), frame({ direction: "out" })).map(({ texts }) =>
    texts.get(OPTION.packetFlags),
  );
  expect(flags).toEqual(["\u0001\0\0\0", "\u0002\0\0\0"]);
});

describe("a card's frame says who had the card", () => {
  const alice = { holder: guestId(0), epoch: epoch(17) };

  test("the owner and its epoch", () => expect(commentOf("vpio", alice)).toBe("owner alice epoch 17"));
  test("nobody", () => expect(commentOf("vpio", {})).toBe("owner nobody"));
  test("the VMM, which has it all the time in vnic mode", () =>
    expect(commentOf("vnic", {})).toBe("owner the VMM"));

  test("and what became of one that was not stored", () => {
    expect(commentOf("vpio", { ...alice, direction: "in", outcome: "stored" })).toBe("owner alice epoch 17");
    expect(commentOf("vpio", { ...alice, direction: "in", outcome: "overflow" })).toBe(
      "owner alice epoch 17, overflow",
    );
  });

  test("a guest's frame says nothing", () =>
    expect(commentOf("vpio", { at: { kind: "guest", guest: guestId(0) } })).toBeUndefined());
});
