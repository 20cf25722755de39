/** A card in QEMU: a process of its own whose processor is halted, driven over qtest. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VpioError } from "../base/errors.ts";
import type { Width } from "../hardware/cpu.ts";
import type { OracleCard } from "./cards.ts";
import { QemuWire } from "./qemu-wire.ts";
import { type Answers, acceptQtest, type Qtest } from "./qtest.ts";
import { bytesOf, type Step } from "./step.ts";
import { newTrace, type Trace } from "./trace.ts";

export const QEMU = "qemu-system-x86_64";
/** Where the BAR of a PCI card is put. */
const PCI_IO_BASE = 0xc000;
const PCI_IRQ = 11;
const PCI_SLOT = 4;
const BIOS_BYTES = 0x1_0000;
const HLT = 0xf4;
/** Steps given to QEMU at a time: what they make the card send must fit the sockets' buffers. */
const STEPS_AT_ONCE = 4000;

/** Does nothing; its answer tells the level of the interrupt line. */
const LOOK = "readb 0x0";

const LETTER: Readonly<Record<Width, string>> = { 1: "b", 2: "w", 4: "l" };

/** True when QEMU is installed and has the machine that the oracle needs. */
export function qemuInstalled(): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(QEMU, ["-version"], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

/** What of a card QEMU needs to know. */
export type QemuDevice = Pick<OracleCard, "mac" | "qemu">;

interface Launched {
  readonly child: ChildProcess;
  readonly qtest: Qtest;
}

/** Starts QEMU with its files in `folder`, and waits until it has connected to the qtest socket there. */
function launch(card: QemuDevice, folder: string, wire: QemuWire): Promise<Launched> {
  const bios = join(folder, "bios.bin");
  const socket = join(folder, "qtest");
  writeFileSync(bios, new Uint8Array(BIOS_BYTES).fill(HLT));
  const machine = ["-machine", "pc,accel=tcg", "-bios", bios, "-m", "64", "-nodefaults", "-display", "none"];
  const control = ["-qtest", `unix:${socket}`, "-qtest-log", "none"];
  const all = [...machine, ...wire.arguments, "-device", deviceArgument(card), ...control];
  return new Promise((resolve, reject) => {
    const start = (): void => {
      const child = spawn(QEMU, all, { stdio: ["ignore", "ignore", "pipe"] });
      let complaint = "";
      child.stderr.on("data", (text: Buffer) => {
        complaint += text.toString();
      });
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new VpioError("INTERNAL", `QEMU has ended with code ${code}: ${complaint.trim()}`)),
      );
      accepted.then((qtest) => resolve({ child, qtest }), reject);
    };
    const accepted = acceptQtest(socket, card.qemu.isa?.irq ?? PCI_IRQ, start);
  });
}

function deviceArgument({ mac, qemu: { device, isa } }: QemuDevice): string {
  const address = Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
  const place = isa === undefined ? `addr=${PCI_SLOT},romfile=` : `iobase=${isa.ioBase},irq=${isa.irq}`;
  return `${device},netdev=n0,mac=${address},${place}`;
}

export class QemuCard {
  readonly #process: ChildProcess;
  readonly #qtest: Qtest;
  readonly #wire: QemuWire;
  readonly #folder: string;
  readonly #ioBase: number;
  readonly #stop = (): void => this.close();

  /**
   * Starts QEMU with the card, its window open and its interrupt line watched; nothing has touched its registers. Throws
   * an INTERNAL error when QEMU does not want to.
   */
  static async start(card: QemuDevice): Promise<QemuCard> {
    const { isa } = card.qemu;
    const folder = mkdtempSync(join(tmpdir(), "vpio-oracle-"));
    const wire = await QemuWire.open();
    try {
      const { child, qtest } = await launch(card, folder, wire);
      const running = new QemuCard(child, qtest, wire, folder, isa?.ioBase ?? PCI_IO_BASE);
      await running.#plug(isa === undefined);
      return running;
    } catch (error) {
      wire.close();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(child: ChildProcess, qtest: Qtest, wire: QemuWire, folder: string, ioBase: number) {
    this.#process = child;
    this.#qtest = qtest;
    this.#wire = wire;
    this.#folder = folder;
    this.#ioBase = ioBase;
    process.once("exit", this.#stop);
  }

  /**
   * Does the steps. The wire is in step with them whenever a frame arrives; what the card sends after the last frame
   * that arrives is left for the next run.
   */
  async run(steps: readonly Step[]): Promise<Trace> {
    const trace = newTrace();
    for (let from = 0; from < steps.length; ) {
      const batch: Step[] = [];
      const step = steps[from] as Step;
      if (step.kind === "frame") {
        const sent = await this.#wire.deliver(bytesOf(step.payload));
        for (const frame of sent) trace.sent.push({ at: from, frame });
        batch.push(step);
      }
      for (let at = from + batch.length; batch.length < STEPS_AT_ONCE; at++) {
        const next = steps[at];
        if (next === undefined || next.kind === "frame") break;
        batch.push(next);
      }
      const answers = await this.#qtest.exchange(batch.map((each) => this.#command(each)));
      this.#record(trace, batch, from, answers);
      from += batch.length;
    }
    return trace;
  }

  close(): void {
    process.off("exit", this.#stop);
    this.#process.removeAllListeners("exit");
    this.#process.kill("SIGKILL");
    this.#qtest.close();
    this.#wire.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #record(trace: Trace, batch: readonly Step[], first: number, answers: Answers): void {
    for (const [i, step] of batch.entries()) {
      const text = answers.texts[i] as string;
      trace.values.push(step.kind === "in" ? Number(text) : 0);
      trace.interrupts.push(answers.interrupts[i] as boolean);
      if (step.kind === "load") trace.loads.set(first + i, new Uint8Array(Buffer.from(text, "base64")));
    }
  }

  #command(step: Step): string {
    switch (step.kind) {
      case "in":
        return `in${LETTER[step.width]} ${this.#ioBase + step.offset}`;
      case "out":
        return `out${LETTER[step.width]} ${this.#ioBase + step.offset} ${step.value}`;
      case "store": {
        const { payload, address } = step;
        if (payload.head.length === 0 && payload.seed === 0) return `memset ${address} ${payload.bytes} 0`;
        return `b64write ${address} ${payload.bytes} ${Buffer.from(bytesOf(payload)).toString("base64")}`;
      }
      case "load":
        return `b64read ${step.address} ${step.bytes}`;
      case "frame":
        return LOOK;
    }
  }

  /** Routes the interrupt and opens the card's window, bus master included. */
  async #plug(pci: boolean): Promise<void> {
    const config = (device: number, register: number, value: number): string[] => [
      `outl 0xcf8 ${(0x8000_0000 + device * 8 * 0x100 + register) >>> 0}`,
      `outl 0xcfc ${value}`,
    ];
    const routeAllTo11 = config(1, 0x60, 0x0b0b_0b0b);
    const window = [...config(PCI_SLOT, 0x10, PCI_IO_BASE), ...config(PCI_SLOT, 0x04, 0x0007)];
    await this.#qtest.exchange(["irq_intercept_in ioapic", ...(pci ? [...routeAllTo11, ...window] : [])]);
  }
}
