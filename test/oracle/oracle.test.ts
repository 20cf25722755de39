/** Our cards against QEMU's. */
import { expect, it } from "vitest";
import { runCampaign } from "../../src/oracle/campaign.ts";
import { ORACLE_CARDS, type OracleCard } from "../../src/oracle/cards.ts";
import { runDriverSession } from "../../src/oracle/native-driver.ts";
import { formatFailure } from "../../src/oracle/report.ts";
import { describeWithQemu } from "./with-qemu.ts";

const OPS = 200_000;
const LIMIT_MS = 120_000;
const SEED = 1;
const FRAMES = 60;
const FRAME_MIN_BYTES = 60;

/** As a driver hands it to the card. */
function padded(frame: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.max(frame.length, FRAME_MIN_BYTES));
  whole.set(frame);
  return whole;
}

const isForUs = (frame: Uint8Array, { mac }: OracleCard): boolean =>
  frame.subarray(0, 6).every((byte) => byte === 0xff) || Buffer.compare(frame.subarray(0, 6), mac) === 0;

describeWithQemu.each(Object.values(ORACLE_CARDS))("$name against QEMU's", (card) => {
  it(`answers alike in ${OPS} operations, and there is no mask that they do not need`, {
    timeout: LIMIT_MS,
  }, async () => {
    const { failure, operations, excused } = await runCampaign({ card, ops: OPS, seed: SEED });
    expect(failure && formatFailure(failure, SEED)).toBeUndefined();
    expect(operations).toBeGreaterThanOrEqual(OPS);
    expect(Object.keys(excused).sort()).toEqual(Object.keys(card.masks).sort());
  });

  it.each([false, true])(
    "is the same to our driver (promiscuous: %s)",
    { timeout: LIMIT_MS },
    async (promiscuous) => {
      const session = await runDriverSession({ card, seed: SEED, frames: FRAMES, promiscuous });
      expect(session.verdict.difference).toBeUndefined();
      const left = session.sent;
      expect(left).toEqual(session.given.map(padded));
      const wanted = session.arrived.filter((frame) => promiscuous || isForUs(frame, card));
      expect(wanted.length).toBeGreaterThan(FRAMES / 4);
      expect(session.received).toEqual(wanted);
      expect(session.counters).toMatchObject({ sentFrames: FRAMES, transmitErrors: 0, receiveErrors: 0 });
    },
  );
});
