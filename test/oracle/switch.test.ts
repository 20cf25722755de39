/**
 * The context switch on cards of QEMU's: two drivers take turns, and after each handoff each finds its card as it left
 * it. So the switch needs nothing that only our own cards have.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { PROFILES } from "../../src/fuzz/campaign.ts";
import { STAGING_BYTES } from "../../src/fuzz/profile.ts";
import { qemuInstalled } from "../../src/oracle/qemu-card.ts";
import { IO_BASE, type QemuKind, SwitchBench, type Tenant } from "./switch-bench.ts";

const installed = await qemuInstalled();
if (!installed && !process.env["CI"]) {
  console.warn("\n  QEMU is not installed: the context switch has NOT been tried on its cards.\n");
}
const GUEST_BYTES = 0x2_0000;
const LIMIT_MS = 120_000;

const macOf = (guest: number): Uint8Array => Uint8Array.of(0x52, 0x54, 0, 0, 0, guest + 1);

/** A guest with all that it remembers of its card from one ownership to the next. */
class Resident {
  readonly tenant: Tenant;
  readonly #bench: SwitchBench;
  readonly #kind: QemuKind;
  readonly #staging: number;
  #view: readonly number[] = [];
  #memory: Uint8Array = new Uint8Array(0);
  #line = false;
  /** Frames that have come in and not been read yet. */
  #unread: Uint8Array[] = [];

  constructor(bench: SwitchBench, kind: QemuKind, tenant: Tenant) {
    this.#bench = bench;
    this.#kind = kind;
    this.tenant = tenant;
    this.#staging = tenant.memory.allocate(STAGING_BYTES);
  }

  /** Sends and receives; some of what comes in at last is left unread. */
  async converse(prng: Prng): Promise<void> {
    for (let i = prng.between(2, 5); i > 0; i--) {
      if (prng.chance(1, 2)) await this.send(prng);
      await this.receive(prng);
      if (prng.chance(1, 2)) await this.attend();
    }
    await this.attend();
    for (let i = prng.below(4); i > 0; i--) await this.receive(prng);
  }

  /** One frame out, seen on the wire as soon as another one comes in. The driver must know that the last one has left. */
  async send(prng: Prng): Promise<void> {
    await this.attend();
    const frame = frameOf(prng, macOf(9));
    const before = this.#bench.sent.length;
    expect(await this.#bench.run(this.tenant.driver.transmit(frame))).toBe(true);
    await this.receive(prng);
    expect(this.#bench.sent.slice(before)).toEqual([frame]);
  }

  async receive(prng: Prng): Promise<void> {
    const frame = frameOf(prng, this.tenant.mac);
    await this.#bench.arrive(frame);
    this.#unread.push(frame);
  }

  /** Every frame that came in is handed up, unmodified and in order. */
  async attend(): Promise<void> {
    const { driver, received } = this.tenant;
    for (let i = 0; this.#bench.line && i < 10; i++) await this.#bench.run(driver.interrupt());
    expect(this.#bench.line).toBe(false);
    expect(received.splice(0)).toEqual(this.#unread.splice(0));
    expect(driver.transmitIdle).toBe(true);
  }

  async remember(): Promise<void> {
    this.#view = await this.#look();
    await this.#bench.fetch();
    this.#memory = this.#bytes().slice();
    this.#line = this.#bench.line;
  }

  /** While others had the card nothing of its memory changed. */
  expectSameMemory(): void {
    expect(Buffer.compare(this.#bytes(), this.#memory)).toBe(0);
  }

  async expectSameCard(): Promise<void> {
    expect(this.#bench.line).toBe(this.#line);
    expect(await this.#look()).toEqual(this.#view);
    // What was copied out of the card's packet RAM is the same, too.
    this.expectSameMemory();
  }

  #look(): Promise<readonly number[]> {
    return this.#bench.run(PROFILES[this.#kind].view(IO_BASE, this.#staging));
  }

  #bytes(): Uint8Array {
    const { memory } = this.tenant;
    return memory.bytes(memory.base, memory.sizeBytes);
  }
}

function frameOf(prng: Prng, to: Uint8Array): Uint8Array {
  const frame = new Uint8Array(prng.between(60, 1514));
  prng.fill(frame);
  frame.set(to);
  return frame;
}

describe.each([
  { kind: "rtl8139", handOffs: 100 },
  { kind: "ne2000", handOffs: 24 },
] as const)("QEMU's $kind", ({ kind, handOffs }) => {
  let bench: SwitchBench;

  beforeAll(async () => {
    if (installed) bench = await SwitchBench.open(kind, [macOf(0), macOf(1)], GUEST_BYTES);
  });
  afterAll(() => bench?.close());

  it.skipIf(!installed && !process.env["CI"])(
    "is handed over between two drivers with traffic, each of which finds it as it left it",
    { timeout: LIMIT_MS },
    async () => {
      expect(installed, "the tests of continuous integration need QEMU").toBe(true);
      const prng = new Prng(1);
      const residents = bench.tenants.map((tenant) => new Resident(bench, kind, tenant));
      for (const resident of residents) {
        expect(await bench.handOff(resident.tenant)).toBe(true);
        await bench.run(resident.tenant.driver.open());
        expect(resident.tenant.driver.mac).toEqual(resident.tenant.mac);
        await resident.converse(prng);
        await resident.remember();
      }
      for (let turn = 0; turn < handOffs; turn++) {
        const resident = residents[turn % residents.length] as Resident;
        expect(await bench.handOff(resident.tenant)).toBe(true);
        for (const each of residents) each.expectSameMemory();
        await resident.expectSameCard();
        await resident.attend();
        await resident.converse(prng);
        await resident.remember();
      }
      expect(bench.violations).toEqual([]);
      for (const { driver } of bench.tenants) {
        expect(driver.counters.receivedFrames).toBeGreaterThan(handOffs);
        expect(driver.counters).toMatchObject({ receiveErrors: 0, transmitErrors: 0, overflows: 0 });
      }
    },
  );
});
