/** The card that ships as a plug-in, from its file: it must do what every card must, and is another card than its chip. */
import { describe, expect, it } from "vitest";
import { deviceOf } from "../../src/devices/catalogue.ts";
import { rtl8139 } from "../../src/devices/rtl8139/device.ts";
import { loadDevices } from "../../src/engine/loaded.ts";
import type { Width } from "../../src/hardware/cpu.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import { kindOf } from "../devices/rtl8139/kind.ts";
import { BenchSlot } from "../support/bench-slot.ts";
import { macOf } from "../support/dmm-bench.ts";
import { describeModel } from "../support/model-suite.ts";

const device = deviceOf(await loadDevices(loadScenario("scenarios/plugged-card.yaml")), "dfe-538tx");
const { model, makeSilicon, makeDriver } = device;

describeModel({ ...kindOf({}), name: "the DFE-538TX", model, makeSilicon, makeDriver });

describe("a DFE-538TX", () => {
  const [card, chip] = [device, rtl8139].map(({ makeSilicon }) => makeSilicon(new BenchSlot(4096), macOf(0)));

  it.each([
    [0x40, 4, 0x7440_0000],
    [0x43, 1, 0x74],
    [0x42, 2, 0x7440],
    [0x41, 4, 0x0074_4000],
    [0x40, 1, 0],
  ] as const)("shows the version of an RTL8139D at offset %i, %i wide", (offset, width, version) => {
    const others = (chip?.readPort(offset, width) ?? 0) & ~maskOf(offset, width);
    expect(card?.readPort(offset, width)).toBe((others | version) >>> 0);
  });

  it("is an RTL8139 in all else", () => {
    for (let offset = 0; offset < 0x100; offset++)
      if (offset < 0x40 || offset > 0x43) expect(card?.readPort(offset, 1)).toBe(chip?.readPort(offset, 1));
    expect(device.pci).toEqual({ vendor: 0x1186, device: 0x1300, revision: 0x10, ioBytes: 256 });
  });
});

/** Where the bits of the version are in such a read. */
function maskOf(offset: number, width: Width): number {
  let mask = 0;
  for (let lane = 0; lane < width; lane++) {
    const byte = offset + lane === 0x43 ? 0x7c : offset + lane === 0x42 ? 0xc0 : 0;
    mask |= byte << (8 * lane);
  }
  return mask >>> 0;
}
