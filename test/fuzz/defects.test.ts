/** The fuzzer finds defects that are put into a card or its model, and says how to see them again. */
import { describe, expect, it } from "vitest";
import { APPROVED, type DeviceModel } from "../../src/devices/model.ts";
import { type Campaign, campaign, type Front, PROFILES, replay, testOf } from "../../src/fuzz/campaign.ts";
import type { CardProfile } from "../../src/fuzz/profile.ts";
import type { Silicon } from "../../src/hardware/silicon.ts";

const { rtl8139, ne2000 } = PROFILES;

function firstFailure(front: Front, operations = 200_000): NonNullable<Campaign["failure"]> {
  for (const now of campaign(front, 1, operations)) if (now.failure !== undefined) return now.failure;
  throw new Error("nothing was found");
}

/** The card with what `change` answers in place of its own parts; what is not replaced stays. */
function withSilicon(profile: CardProfile, change: (silicon: Silicon) => Partial<Silicon>): CardProfile {
  const { device } = profile;
  const makeSilicon: typeof device.makeSilicon = (slot, mac) => {
    const silicon = device.makeSilicon(slot, mac);
    const whole: Silicon = {
      portBytes: silicon.portBytes,
      readPort: (offset, width) => silicon.readPort(offset, width),
      writePort: (offset, width, value) => silicon.writePort(offset, width, value),
      receive: (frame) => silicon.receive(frame),
      transmitted: () => silicon.transmitted(),
      timer: () => silicon.timer(),
      reset: () => silicon.reset(),
    };
    return { ...whole, ...change(silicon) };
  };
  return { ...profile, device: { ...device, makeSilicon } };
}

function withModel(profile: CardProfile, change: (model: DeviceModel) => void): CardProfile {
  const { device } = profile;
  const initModel: typeof device.model.initModel = (host) => {
    const model = device.model.initModel(host);
    change(model);
    return model;
  };
  return { ...profile, device: { ...device, model: { ...device.model, initModel } } };
}

describe("in a card", () => {
  it("a value that does not fit its width", () => {
    const profile = withSilicon(ne2000, (silicon) => ({
      readPort: (offset, width) => silicon.readPort(offset, width) + (offset === 0x0c ? 0x100 : 0),
    }));
    const { message, sequence } = firstFailure({ profile, level: "silicon" });
    expect(message).toMatch(/^a read of 1 bytes at offset 0xc answers 2\d\d$|answers \d+$/);
    expect(sequence).toHaveLength(1);
  });

  it("an exception", () => {
    const profile = withSilicon(rtl8139, (silicon) => ({
      receive: (frame) => {
        if (frame.length > 60_000) throw new RangeError("too long");
        return silicon.receive(frame);
      },
    }));
    const { message, sequence } = firstFailure({ profile, level: "silicon" });
    expect(message).toBe("RangeError: too long");
    expect(sequence).toEqual([expect.objectContaining({ kind: "frame" })]);
  });

  it("an endless loop", () => {
    const profile = withSilicon(ne2000, () => ({
      timer: () => {
        for (;;);
      },
    }));
    expect(replay({ profile, level: "silicon" }, [{ kind: "timer" }], 200)).toBe(
      "an operation does not end within 200 ms",
    );
  });

  it("more work than an operation may cost", () => {
    const profile = { ...rtl8139, work: { slotCalls: 32, dmaBytes: 4000 } };
    const { message } = firstFailure({ profile, level: "silicon" });
    expect(message).toBe("more than 4000 bytes of DMA in one operation");
  });

  it("a card that does not work any more", () => {
    let broken = false;
    const profile = withSilicon(rtl8139, (silicon) => ({
      timer: () => {
        broken = true;
      },
      receive: (frame) => (broken ? "off" : silicon.receive(frame)),
    }));
    const front: Front = { profile, level: "silicon" };
    expect(replay(front, [])).toBeUndefined();
    expect(replay(front, [{ kind: "timer" }])).toBe("the card does not receive after a reset");
  });
});

describe("in a model", () => {
  it("a check that lets everything through", () => {
    const profile = withModel(rtl8139, (model) => {
      model.checkModel = () => APPROVED;
    });
    const { message } = firstFailure({ profile, level: "dmm" });
    expect(message).toMatch(/not the memory of the guest that holds the card$/);
  });

  it("a context that is not restored", () => {
    const profile = withModel(ne2000, (model) => {
      const { save } = model;
      model.save = function* () {
        yield { kind: "out", port: 0xc000, width: 1, value: 0x61 };
        yield { kind: "out", port: 0xc007, width: 1, value: 0x55 };
        yield { kind: "out", port: 0xc000, width: 1, value: 0x21 };
        yield* save.call(model);
      };
    });
    expect(replay({ profile, level: "dmm" }, [])).toMatch(/^the neighbour's card has changed/);
  });
});

describe("a failure", () => {
  const profile = withModel(rtl8139, (model) => {
    model.checkModel = () => APPROVED;
  });
  const front: Front = { profile, level: "dmm" };

  it("fails again by itself, and no operation in it is too many", () => {
    const { sequence, message } = firstFailure(front);
    expect(replay(front, sequence)).toBe(message);
    for (const left of sequence.keys()) {
      expect(
        replay(
          front,
          sequence.filter((_, i) => i !== left),
        ),
      ).toBeUndefined();
    }
  });

  it("is found again by its own seed, in the first round", () => {
    const { seed, sequence } = firstFailure(front);
    const [first] = campaign(front, seed, 4000);
    expect(first?.failure?.sequence).toEqual(sequence);
  });

  it("reads as a test", () => {
    const text = testOf(
      { card: "rtl8139", level: "dmm" },
      {
        seed: 7,
        message: 'DMA "somewhere"',
        sequence: [
          { kind: "out", offset: 0x37, width: 1, value: 0x0c },
          { kind: "frame", bytes: 60, to: "card", seed: 5 },
        ],
      },
    );
    expect(text).toBe(`it("rtl8139, dmm, seed 7: DMA \\"somewhere\\"", () => {
  const broken = replay({ profile: PROFILES.rtl8139, level: "dmm" }, [
    { kind: "out", offset: 0x37, width: 1, value: 0xc },
    { kind: "frame", bytes: 60, to: "card", seed: 5 },
  ]);
  expect(broken).toBeUndefined();
});`);
  });
});

it("a campaign is its seed's", () => {
  const front: Front = { profile: rtl8139, level: "dmm" };
  const run = (seed: number): string => JSON.stringify([...campaign(front, seed, 10_000)]);
  expect(run(3)).toBe(run(3));
  expect(run(3)).not.toBe(run(4));
});
