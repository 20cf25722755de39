/** The DMM with a model that only writes down what it is asked: how accesses are cut, checked, hooked and refused. */
import { describe, expect, it } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import { HookedList } from "../../src/devices/hooked-list.ts";
import {
  type Access,
  APPROVED,
  type DeviceModel,
  denied,
  type ModelDefinition,
  type ModelHost,
  type RegisterUnit,
} from "../../src/devices/model.ts";
import {
  type CpuOp,
  clock,
  inb,
  inl,
  insw,
  outb,
  outl,
  outsw,
  outw,
  type Sequence,
} from "../../src/hardware/cpu.ts";
import { GuestMemory, layOut, type Slab } from "../../src/hardware/memory.ts";
import { Dmm, type ExitResult } from "../../src/vpio/dmm.ts";
import { ExitCounters } from "../../src/vpio/exit-counters.ts";
import { DEFAULT_FAILURE, type FailurePolicy } from "../../src/vpio/failure.ts";

const IO_BASE = 0x300;
const A = guestId(0);
const B = guestId(1);
/** A dword at 0, a word at 4 (write 1 to clear), bytes at 6 and 7; a data port of any width lies at 8. */
const UNITS: readonly RegisterUnit[] = [
  { port: 0, width: 4, writeOneToClear: false },
  { port: 4, width: 2, writeOneToClear: true },
  { port: 6, width: 1, writeOneToClear: false },
  { port: 7, width: 1, writeOneToClear: false },
];

class Notebook implements DeviceModel {
  readonly stateName = "noted";
  readonly phase = "reusable";
  readonly hooks = HookedList.all();
  readonly listening = false;
  readonly interrupt = false;
  readonly host: ModelHost;
  readonly log: string[] = [];
  readonly values = new Map<number, number>([
    [0, 0x4433_2211],
    [4, 0x6655],
    [6, 0x77],
    [7, 0x88],
  ]);
  /** Ports whose writes are refused, until the card has been asked this often. */
  refusals = new Map<number, number>();

  constructor(host: ModelHost) {
    this.host = host;
  }

  checkModel(access: Access) {
    const left = this.refusals.get(access.port) ?? 0;
    return access.direction === "write" && left > 0 ? denied("dma", "not yours") : APPROVED;
  }

  *perform({ port, width, direction, value }: Access): Sequence<number> {
    yield clock;
    this.log.push(
      direction === "read" ? `read${width} ${port}` : `write${width} ${port} ${value.toString(16)}`,
    );
    if (direction === "read") return this.values.get(port) ?? 0;
    this.values.set(port, value);
    return 0;
  }

  *updateFromCard(): Sequence<boolean> {
    yield clock;
    this.log.push("update");
    const [[port, left] = [0, 0]] = this.refusals;
    if (left === 0 || left === Number.POSITIVE_INFINITY) return false;
    this.refusals.set(port, left - 1);
    return true;
  }

  injectError(refused: Access): void {
    this.log.push(`error ${refused.port}`);
  }

  *quiesce(): Sequence<void> {}
  *save(): Sequence<void> {}
  *restore(): Sequence<void> {}
}

const SLABS = layOut([4096, 4096], false);

class Scene {
  readonly models: Notebook[] = [];
  readonly hosts: number[] = [];
  readonly buffer = new SharedArrayBuffer(2 * 4096);
  readonly dmm: Dmm;
  /** What reached the card. */
  readonly card: CpuOp[] = [];

  constructor(failure: FailurePolicy = DEFAULT_FAILURE) {
    const definition = {
      registerAt: (port, width) =>
        UNITS.find((unit) => port >= unit.port && port < unit.port + unit.width) ?? {
          port,
          width: port === 8 ? width : 1,
          writeOneToClear: false,
        },
      registerName: (port) => `R${port}`,
      initModel: (host) => {
        const model = new Notebook(host);
        this.models.push(model);
        return model;
      },
    } satisfies Partial<ModelDefinition>;
    this.dmm = new Dmm({
      definition: definition as unknown as ModelDefinition,
      failure,
      hostOf: (guest) => {
        this.hosts.push(guest);
        const slab = SLABS[guest] as Slab;
        const memory = new GuestMemory(this.buffer, slab);
        const toHost = (address: number, bytes: number): number | undefined =>
          memory.contains(address, bytes) ? address + slab.host : undefined;
        return { ioBase: IO_BASE, mac: new Uint8Array(6), memory, toHost, scratch: memory };
      },
    });
  }

  exit(op: Parameters<Dmm["exit"]>[1], guest = A): ExitResult {
    const program = this.dmm.exit(guest, op);
    let step = program.next(0);
    while (!step.done) {
      if ("port" in step.value) this.card.push(step.value);
      step = program.next(0xab);
    }
    return step.value;
  }

  get log(): string[] {
    return this.models[0]?.log.splice(0) ?? [];
  }
}

describe("an access is cut into whole registers", () => {
  it("on reading: the lanes it covers, in their places", () => {
    const scene = new Scene();
    expect(scene.exit(inl(IO_BASE + 2)).value).toBe(0x6655_4433);
    expect(scene.log).toEqual(["read4 0", "read2 4"]);
    expect(scene.exit(inb(IO_BASE + 5)).value).toBe(0x66);
    expect(scene.exit(inl(IO_BASE + 4)).value).toBe(0x8877_6655);
  });

  it("on writing: other lanes keep what they hold, those of a write-1-to-clear register are written as 0", () => {
    const scene = new Scene();
    scene.exit(outb(IO_BASE + 1, 0xee));
    expect(scene.log).toEqual(["read4 0", "write4 0 4433ee11"]);
    scene.exit(outb(IO_BASE + 5, 0xff));
    expect(scene.log).toEqual(["write2 4 ff00"]);
    scene.exit(outl(IO_BASE + 3, 0xaabb_ccdd));
    expect(scene.log).toEqual(["read4 0", "write4 0 dd33ee11", "write2 4 bbcc", "write1 6 aa"]);
  });

  it("and what is left of it is the widest that a port of any width gets", () => {
    const scene = new Scene();
    scene.exit(outl(IO_BASE + 8, 0x1234_5678));
    scene.exit(outw(IO_BASE + 7, 0xbbaa));
    expect(scene.log).toEqual(["write4 8 12345678", "write1 7 aa", "write1 8 bb"]);
  });
});

describe("a refusal", () => {
  it("stops that register only, and says what was wrong", () => {
    const scene = new Scene();
    scene.exit(inb(IO_BASE));
    const [model] = scene.models;
    model?.refusals.set(4, Number.POSITIVE_INFINITY);
    expect(scene.exit(outl(IO_BASE + 4, 0x0102_0304)).violations).toEqual([
      { kind: "dma", register: "R4", reason: "not yours", action: "device-interrupt" },
    ]);
    expect(scene.log).toEqual(["read4 0", "update", "error 4", "write1 6 2", "write1 7 1"]);
  });

  it("is thought over once when the card had news", () => {
    const scene = new Scene();
    scene.exit(inb(IO_BASE));
    scene.models[0]?.refusals.set(6, 1);
    expect(scene.exit(outb(IO_BASE + 6, 5)).violations).toEqual([]);
    scene.models[0]?.refusals.set(6, 2);
    expect(scene.exit(outb(IO_BASE + 6, 5)).violations).toHaveLength(1);
    expect(scene.log).toEqual(["read4 0", "update", "write1 6 5", "update", "error 6"]);
  });

  it.each(["silent", "machine-check"] as const)("that is %s injects nothing", (dma) => {
    const scene = new Scene({ ...DEFAULT_FAILURE, dma });
    scene.exit(inb(IO_BASE));
    scene.models[0]?.refusals.set(0, Number.POSITIVE_INFINITY);
    expect(scene.exit(outl(IO_BASE, 1)).violations.map(({ action }) => action)).toEqual([dma]);
    expect(scene.log).toEqual(["read4 0", "update"]);
  });

  it.each([IO_BASE - 1, IO_BASE + 253, IO_BASE + 256])(
    "meets what leaves the window, at port 0x%s",
    (port) => {
      const scene = new Scene();
      expect(scene.exit(inl(port))).toMatchObject({
        value: 0,
        violations: [{ kind: "port", action: "silent" }],
      });
      expect(scene.card).toEqual([]);
    },
  );
});

describe("a string operation", () => {
  it("hooked, goes unit by unit between the data port and the guest's memory", () => {
    const scene = new Scene();
    const bytes = new Uint8Array(scene.buffer);
    bytes.set([1, 2, 3, 4], 0x100);
    scene.exit(outsw(IO_BASE + 8, 0x100, 2));
    expect(scene.log).toEqual(["write2 8 201", "write2 8 403"]);
    scene.exit(insw(IO_BASE + 8, 0x200, 2));
    expect([...bytes.subarray(0x200, 0x205)]).toEqual([3, 4, 3, 4, 0]);
  });

  it("hooked, ends with the first unit that is refused", () => {
    const scene = new Scene();
    scene.exit(inb(IO_BASE));
    scene.models[0]?.refusals.set(8, Number.POSITIVE_INFINITY);
    expect(scene.exit(outsw(IO_BASE + 8, 0x100, 30)).violations).toHaveLength(1);
  });

  it("may use the guest's memory to its last byte, hooked or not", () => {
    const scene = new Scene();
    expect(scene.exit(insw(IO_BASE + 8, 4092, 2)).violations).toEqual([]);
    for (const op of [
      insw(IO_BASE + 8, 4094, 2),
      outsw(IO_BASE + 8, 0xffff_fffe, 1),
      outsw(IO_BASE + 8, 0, 2049),
    ]) {
      expect(scene.exit(op).violations).toMatchObject([{ kind: "dma" }]);
    }
    expect(scene.log).toEqual(["read2 8", "read2 8"]);
    scene.models[0]?.hooks.bytes.fill(0);
    expect(scene.exit(insw(IO_BASE + 8, 4094, 2)).violations).toMatchObject([{ kind: "dma" }]);
    expect(scene.card).toEqual([]);
    expect(scene.exit(insw(IO_BASE + 8, 4092, 2)).violations).toEqual([]);
    expect(scene.log).toEqual([]);
  });

  it("that is not hooked goes to the card as it is, with the host's address", () => {
    const scene = new Scene();
    scene.exit(inb(IO_BASE), B);
    scene.models[0]?.hooks.bytes.fill(0);
    scene.exit(insw(IO_BASE + 8, 0x10, 3), B);
    expect(scene.card).toEqual([insw(IO_BASE + 8, 4096 + 0x10, 3)]);
  });
});

describe("hooks", () => {
  it("that are not the model's are added to it, guest by guest", () => {
    const scene = new Scene();
    scene.dmm.model(A).hooks.bytes.fill(0);
    scene.dmm.model(B).hooks.bytes.fill(0);
    expect(scene.exit(inb(IO_BASE + 6))).toEqual({ value: 0xab, violations: [] });
    scene.dmm.hookPort(A, 6, "read");
    expect(scene.exit(inb(IO_BASE + 6)).value).toBe(0x77);
    expect(scene.exit(inb(IO_BASE + 6), B).value).toBe(0xab);
    scene.exit(outb(IO_BASE + 6, 1));
    expect(scene.card.at(-1)).toEqual(outb(IO_BASE + 6, 1));
    scene.dmm.unhookPort(A, 6, "read");
    expect(scene.exit(inb(IO_BASE + 6)).value).toBe(0xab);
  });

  it("of the model stay when those of others are taken back", () => {
    const scene = new Scene();
    scene.dmm.hookPort(A, 6, "read");
    scene.dmm.unhookPort(A, 6, "read");
    expect(scene.dmm.hooks(A).covers(6, 1, "read")).toBe(true);
  });
});

describe("models", () => {
  it("are made at the first use, one for each guest, and again after deinitModel", () => {
    const scene = new Scene();
    expect(scene.hosts).toEqual([]);
    for (const guest of [A, B, A]) scene.exit(inb(IO_BASE), guest);
    expect([scene.models.length, scene.hosts]).toEqual([2, [A, B]]);
    scene.dmm.hookPort(A, 1, "read");
    scene.dmm.deinitModel(A);
    expect(scene.dmm.model(A)).toBe(scene.models[2]);
    expect(scene.dmm.model(B)).toBe(scene.models[1]);
    expect(scene.hosts).toEqual([A, B]);
  });
});

it("exits are counted by cause, most frequent first", () => {
  const counters = new ExitCounters();
  for (const cause of ["write CR", "interrupt", "read ISR", "interrupt"]) counters.count(cause);
  expect(counters.byCause()).toEqual([
    ["interrupt", 2],
    ["read ISR", 1],
    ["write CR", 1],
  ]);
  expect(counters.total).toBe(4);
});
