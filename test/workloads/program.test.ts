import { describe, expect, test } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { GuestMemory, layOut } from "../../src/hardware/memory.ts";
import { Processor } from "../../src/hardware/processor.ts";
import { type UserProgram, userSoftware } from "../../src/workloads/program.ts";
import { GUEST_IP, GUEST_MAC, Rig } from "../support/station-rig.ts";

const [slab] = layOut([65_536], false);
if (slab === undefined) throw new Error("one slab was asked for");

function boot(program: unknown) {
  const memory = new GuestMemory(new ArrayBuffer(65_536), slab as NonNullable<typeof slab>);
  return userSoftware(program as UserProgram, { ioBase: 0x300, memory, mac: GUEST_MAC, ip: GUEST_IP });
}

/** Runs the program on a machine whose ports all read 0xff. */
function run(program: unknown) {
  const software = boot(program);
  new Rig().run(software, () => false, 1_000_000);
  return software.report().workload;
}

describe("a user's program", () => {
  test("drives the machine and logs to the report", () => {
    const program: UserProgram = function* (machine) {
      const value = yield machine.inb(machine.ioBase + 7);
      yield machine.outl(machine.ioBase, 0xffff_ffff);
      yield machine.hlt(5000);
      machine.memory.write(16, Uint8Array.of(9));
      machine.log(`${value} at ${yield machine.clock}, ${machine.memory.u8(16)}, ${machine.ip}`);
    };
    expect(run(program)).toMatchObject({ finished: true, notes: [`255 at 5000, 9, ${GUEST_IP}`] });
  });

  test("switches the guest off when it returns", () => {
    const processor = new Processor(boot(function* () {}));
    expect(processor.resume(0, () => 0)).toEqual({ kind: "end" });
  });

  test("starts with interrupts off; after sti its handler runs", () => {
    const software = boot(function* (machine) {
      let count = 0;
      machine.onInterrupt(function* () {
        count++;
        yield machine.inb(0x300);
      });
      yield machine.inb(0x301);
      yield machine.sti;
      yield machine.inb(0x302);
      machine.log(`${count} interrupts`);
    } satisfies UserProgram);
    const processor = new Processor(software);
    processor.line = true;
    const ports: (number | "end")[] = [];
    for (let stop = processor.resume(0, () => 0); ; stop = processor.resume(0, () => 0)) {
      ports.push(stop.kind === "in" ? stop.port : "end");
      if (stop.kind === "end") break;
      if (stop.kind === "in" && stop.port === 0x300) processor.line = false;
    }
    expect(ports).toEqual([0x301, 0x300, 0x302, "end"]);
    expect(software.report().workload.notes).toEqual(["1 interrupts"]);
  });

  test.each([
    ["is no generator", () => 5, "no generator function"],
    ["is an async function", async () => {}, "no generator function"],
    [
      "yields a number",
      function* () {
        yield 5;
      },
      "yielded 5, which is no operation",
    ],
    [
      "yields a helper",
      function* () {
        yield Math.max;
      },
      "which is no operation",
    ],
    [
      "yields another object",
      function* () {
        yield { port: 1, width: 1 };
      },
      "an object with keys port, width",
    ],
    [
      "uses a port of 17 bits",
      function* (m: { inb(p: number): unknown }) {
        yield m.inb(0x1_0000);
      },
      "no operation",
    ],
    [
      "reads three bytes",
      function* () {
        yield { kind: "in", port: 1, width: 3 };
      },
      "no operation",
    ],
    [
      "turns interrupts on twice",
      function* () {
        yield { kind: "sti" };
        yield { kind: "sti" };
      },
      "were on already",
    ],
    [
      "throws",
      function* () {
        yield { kind: "clock" };
        throw new TypeError("x is undefined");
      },
      "TypeError: x is",
    ],
    [
      "leaves its memory",
      function* (m: { memory: GuestMemory }) {
        yield { kind: "cli" };
        m.memory.u8(1e6);
      },
      "left its memory",
    ],
  ])("that %s is a PROGRAM error", (_, program, message) => {
    let caught: unknown;
    try {
      run(program);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(VpioError);
    expect(caught).toMatchObject({ code: "PROGRAM", message: expect.stringContaining(message) });
  });

  test("an interrupt without a handler is a PROGRAM error, not an endless loop", () => {
    const processor = new Processor(
      boot(function* (machine) {
        yield machine.sti;
        yield machine.hlt();
      } satisfies UserProgram),
    );
    processor.line = true;
    expect(() => processor.resume(0, () => 0)).toThrow("no handler is set");
  });

  test("a program that logs without end does not fill the memory", () => {
    const notes = run(function* (machine) {
      for (let n = 0; n < 5000; n++) machine.log(`line ${n}`);
      yield machine.cli;
    } satisfies UserProgram).notes;
    expect(notes).toHaveLength(1000);
    expect(notes.at(-1)).toBe("further notes are left out");
  });
});
