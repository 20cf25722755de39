/**
 * A BIOS that does as it is told over COM1, for tests of the PC without a kernel:
 * "i" port, width: IN, answers four bytes. "o" port, width, four bytes: OUT, answers ".". "c": calls 0:8000, answers AL.
 * "h": halts with interrupts on; IRQ 11 reads port 0x1000, answers what was there, and ends the halt.
 */

import { type Width, widthMask } from "../../src/hardware/cpu.ts";
import { X86Machine, type X86Options } from "../../src/x86/machine.ts";

/** What GNU as made of it: bytes, instruction. */
const LISTING = `
# start
fa                    cli
31 c0                 xor %ax,%ax
8e d8                 mov %ax,%ds
8e d0                 mov %ax,%ss
bc 00 70              mov $0x7000,%sp
c7 06 cc 01 c6 00     movw $0xc6,0x1cc
c7 06 ce 01 00 f0     movw $0xf000,0x1ce
# next
e8 16 00              call get
3c 69                 cmp $0x69,%al
74 34                 je input
3c 6f                 cmp $0x6f,%al
74 56                 je output
3c 68                 cmp $0x68,%al
0f 84 8e 00           je halt
3c 63                 cmp $0x63,%al
0f 84 8e 00           je call
eb e7                 jmp next
# get
ba fd 03              mov $0x3fd,%dx
ec                    in (%dx),%al
a8 01                 test $0x1,%al
74 fb                 je 0x32
ba f8 03              mov $0x3f8,%dx
ec                    in (%dx),%al
c3                    ret
# put
ba f8 03              mov $0x3f8,%dx
ee                    out %al,(%dx)
c3                    ret
# operands
e8 eb ff              call get
88 c3                 mov %al,%bl
e8 e6 ff              call get
88 c7                 mov %al,%bh
e8 e1 ff              call get
88 c1                 mov %al,%cl
c3                    ret
# input
e8 ed ff              call operands
89 da                 mov %bx,%dx
80 f9 02              cmp $0x2,%cl
74 05                 je 0x60
77 06                 ja 0x63
ec                    in (%dx),%al
eb 05                 jmp 0x65
ed                    in (%dx),%ax
eb 02                 jmp 0x65
66 ed                 in (%dx),%eax
b9 04 00              mov $0x4,%cx
66 50                 push %eax
e8 cf ff              call put
66 58                 pop %eax
66 c1 e8 08           shr $0x8,%eax
e2 f3                 loop 0x68
eb 9f                 jmp next
# output
e8 c7 ff              call operands
b5 04                 mov $0x4,%ch
e8 b0 ff              call get
66 c1 cf 08           ror $0x8,%edi
66 0f b6 c0           movzbl %al,%eax
66 c1 e0 18           shl $0x18,%eax
66 81 e7 ff ff ff 00  and $0xffffff,%edi
66 09 c7              or %eax,%edi
fe cd                 dec %ch
75 e3                 jne 0x7c
66 89 f8              mov %edi,%eax
89 da                 mov %bx,%dx
80 f9 02              cmp $0x2,%cl
74 05                 je 0xa8
77 06                 ja 0xab
ee                    out %al,(%dx)
eb 05                 jmp 0xad
ef                    out %ax,(%dx)
eb 02                 jmp 0xad
66 ef                 out %eax,(%dx)
b0 2e                 mov $0x2e,%al
e8 8a ff              call put
e9 61 ff              jmp next
# halt
fb                    sti
f4                    hlt
fa                    cli
e9 5b ff              jmp next
# call
9a 00 80 00 00        lcall $0x0,$0x8000
e8 79 ff              call put
e9 50 ff              jmp next
# interrupt
50                    push %ax
52                    push %dx
ba 00 10              mov $0x1000,%dx
ec                    in (%dx),%al
e8 6d ff              call put
b0 20                 mov $0x20,%al
e6 a0                 out %al,$0xa0
e6 20                 out %al,$0x20
5a                    pop %dx
58                    pop %ax
cf                    iret
`;

const BIOS_BYTES = 65_536;
/** The processor begins here, 16 bytes from the end. */
const RESET_VECTOR = [0xea, 0x00, 0x00, 0x00, 0xf0]; // ljmp $0xf000, $0
/** Where "c" calls. */
export const CODE = 0x8000;
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
/** Which of IRQ 8 to 15 are level-triggered. */
const ELCR_SLAVE = 0x4d1;
const ENOUGH_SLICES = 2000;

/** A BIOS that runs this code, in real mode, at F000:0. */
export function biosOf(code: readonly number[]): Uint8Array {
  const image = new Uint8Array(BIOS_BYTES);
  image.set(code);
  image.set(RESET_VECTOR, BIOS_BYTES - 16);
  return image;
}

function monitorCode(): readonly number[] {
  const lines = LISTING.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.flatMap((line) =>
    line
      .slice(0, 22)
      .trim()
      .split(" ")
      .map((byte) => Number.parseInt(byte, 16)),
  );
}

/** Enough of a bzImage to be taken for one; nobody starts it. */
export function emptyKernel(): Uint8Array {
  const kernel = new Uint8Array(4096);
  kernel.set([0x55, 0xaa], 0x1fe);
  kernel.set(new TextEncoder().encode("HdrS"), 0x202);
  return kernel;
}

export const MONITOR: Omit<X86Options, "onSerial"> = {
  memoryBytes: 72 * 2 ** 20,
  bios: biosOf(monitorCode()),
  kernel: emptyKernel(),
  initrd: new Uint8Array(4),
  cmdline: "",
  onReset: () => {
    throw new Error("the machine was reset");
  },
};

export class Monitor {
  readonly machine: X86Machine;
  readonly answers: readonly [number[], number[]];

  static async create(changes: Partial<X86Options> = {}): Promise<Monitor> {
    const answers: readonly [number[], number[]] = [[], []];
    const onSerial: X86Options["onSerial"] = (port, bytes) => answers[port].push(...bytes);
    return new Monitor(await X86Machine.create({ ...MONITOR, onSerial, ...changes }), answers);
  }

  private constructor(machine: X86Machine, answers: readonly [number[], number[]]) {
    this.machine = machine;
    this.answers = answers;
  }

  /** Runs slices until `count` bytes have come over COM1, and takes them. */
  take(count: number): number[] {
    for (let i = 0; this.answers[0].length < count; i++) {
      if (i === ENOUGH_SLICES) throw new Error(`${this.answers[0].length} bytes came, expected ${count}`);
      this.machine.runSlice();
    }
    return this.answers[0].splice(0, count);
  }

  say(...bytes: readonly (string | number)[]): void {
    for (const one of bytes) this.machine.serialIn(0, typeof one === "string" ? one : Uint8Array.of(one));
  }

  in(port: number, width: Width): number {
    this.say("i", port & 0xff, port >> 8, width);
    const value = new DataView(Uint8Array.from(this.take(4)).buffer).getUint32(0, true);
    return (value & widthMask(width)) >>> 0;
  }

  out(port: number, width: Width, value: number): void {
    const bytes = [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
    this.say("o", port & 0xff, port >> 8, width, ...bytes);
    this.take(1);
  }

  /** The guest's memory, by guest-physical address. */
  bytes(address: number, length: number): Uint8Array {
    const { buffer, offset } = this.machine.memory;
    return new Uint8Array(buffer, offset + address, length);
  }

  call(): string {
    this.say("c");
    return String.fromCharCode(...this.take(1));
  }

  writeConfig(slot: number, register: number, value: number): void {
    this.out(CONFIG_ADDRESS, 4, 0x8000_0000 + slot * 0x800 + register);
    this.out(CONFIG_DATA, 4, value);
  }

  readConfig(slot: number, register: number): number {
    this.out(CONFIG_ADDRESS, 4, 0x8000_0000 + slot * 0x800 + register);
    return this.in(CONFIG_DATA, 4);
  }

  /** As a BIOS does: both interrupt controllers begin at their vectors, IRQ 11 open, and all PCI interrupts go to it. */
  setUpInterrupts(): void {
    for (const [port, vector, cascade] of [
      [0x20, 0x08, 0x04],
      [0xa0, 0x70, 0x02],
    ] as const) {
      this.out(port, 1, 0x11);
      for (const word of [vector, cascade, 0x01]) this.out(port + 1, 1, word);
    }
    this.out(0x21, 1, 0xfb);
    this.out(0xa1, 1, 0xf7);
    this.out(ELCR_SLAVE, 1, 0x08);
    this.writeConfig(1, 0x60, 0x0b0b_0b0b);
  }

  /** As a BIOS does: the windows that the disk controller has no use for are empty. */
  setUpDisks(): void {
    for (const register of [0x10, 0x14]) this.writeConfig(0x1e, register, 0);
  }
}
