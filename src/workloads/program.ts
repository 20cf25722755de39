/**
 * Runs a user's own program on the bare machine: no kernel, no driver, only ports, memory and the interrupt
 * line. The program's file exports a generator function:
 *
 *     export default function* (machine) {
 *       const command = yield machine.inb(machine.ioBase + 0x37);
 *       machine.log(`CR is ${command}`);
 *     }
 */
import { VpioError } from "../base/errors.ts";
import type { Mac } from "../ethernet/mac.ts";
import {
  type CpuOp,
  cli,
  clock,
  hlt,
  inb,
  inl,
  insw,
  inw,
  outb,
  outl,
  outsw,
  outw,
  type PortOp,
  type Program,
  sti,
} from "../hardware/cpu.ts";
import type { GuestMemory } from "../hardware/memory.ts";
import { Report } from "./report.ts";
import type { GuestSoftware } from "./software.ts";

/** What a user's program is given. Each operation must be yielded; the answer is what `yield` returns. */
export interface UserMachine {
  /** First port of the card's I/O window. */
  readonly ioBase: number;
  /** The guest's memory, by guest-physical address. */
  readonly memory: GuestMemory;
  /** The addresses that the scenario gives to the guest. */
  readonly mac: Mac;
  /** Unsigned, 32 bits. */
  readonly ip: number;
  /** Port reads of 1, 2 and 4 bytes; the answer is the value. */
  inb(port: number): PortOp;
  inw(port: number): PortOp;
  inl(port: number): PortOp;
  /** Port writes of 1, 2 and 4 bytes. */
  outb(port: number, value: number): PortOp;
  outw(port: number, value: number): PortOp;
  outl(port: number, value: number): PortOp;
  /** `count` words between the port and the memory at `address`. */
  insw(port: number, address: number, count: number): PortOp;
  outsw(port: number, address: number, count: number): PortOp;
  /** Stops until an interrupt, or until the time `untilNs`. */
  hlt(untilNs?: number): CpuOp;
  /** Answers nanoseconds since the run began. */
  readonly clock: CpuOp;
  /** Interrupts off and on. The program starts with them off. */
  readonly cli: CpuOp;
  readonly sti: CpuOp;
  /** Says what runs when the card interrupts; to be called before the first `sti`. */
  onInterrupt(handler: () => Program<void>): void;
  /** A line for the report. */
  log(text: string): void;
}

export type UserProgram = (machine: UserMachine) => Program<void>;

export interface BareMachine {
  readonly ioBase: number;
  readonly memory: GuestMemory;
  readonly mac: Mac;
  readonly ip: number;
}

/** The guest switches itself off when the program returns. */
export function userSoftware(program: UserProgram, bare: BareMachine): GuestSoftware {
  const report = new Report();
  let handler: (() => Program<void>) | undefined;
  let started = false;
  const machine: UserMachine = {
    ioBase: bare.ioBase,
    memory: bare.memory,
    mac: bare.mac,
    ip: bare.ip,
    ...{ inb, inw, inl, outb, outw, outl, insw, outsw, hlt, clock, cli, sti },
    onInterrupt: (wanted) => {
      handler = wanted;
    },
    log: (text) => report.note(String(text)),
  };
  function* main(): Program<void> {
    yield cli;
    started = true;
    yield* checked(() => program(machine), 1);
    report.finished = true;
  }
  function* interrupt(): Program<void> {
    // The processor starts with interrupts on: one that comes too early comes again.
    if (!started) return;
    if (handler === undefined) throw new VpioError("PROGRAM", "the card interrupts and no handler is set");
    yield* checked(handler, 0);
  }
  const snapshot = () => ({ workload: report.snapshot(), kernel: undefined, driver: undefined });
  return { main, interrupt, report: snapshot };
}

/**
 * Passes a program's operations on. The program may be plain JavaScript: it can be anything and yield
 * anything. `maskDepth`: how many `sti` it may yield before its first `cli`.
 */
function* checked(start: () => Program<void>, maskDepth: number): Program<void> {
  const program = guarded(start);
  if (typeof program?.next !== "function") {
    const expected = "`export default function* (machine)`";
    throw new VpioError("PROGRAM", `the program is no generator function; expected ${expected}`);
  }
  let step = guarded(() => program.next(0));
  while (!step.done) {
    const op: unknown = step.value;
    if (!isCpuOp(op)) {
      throw new VpioError("PROGRAM", `the program yielded ${show(op)}, which is no operation of the machine`);
    }
    if (op.kind === "cli") maskDepth++;
    if (op.kind === "sti" && --maskDepth < 0) {
      throw new VpioError("PROGRAM", "the program yielded sti while interrupts were on already");
    }
    const answer = yield op;
    step = guarded(() => program.next(answer));
  }
}

function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof VpioError) throw error;
    throw new VpioError("PROGRAM", `the program threw ${String(error)}`);
  }
}

const isWidth = (value: unknown): boolean => value === 1 || value === 2 || value === 4;
const isCount = (value: unknown, limit: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= limit;

function isCpuOp(value: unknown): value is CpuOp {
  if (typeof value !== "object" || value === null) return false;
  const op = value as Readonly<Record<string, unknown>>;
  const onPort = isWidth(op["width"]) && isCount(op["port"], 0xffff);
  switch (op["kind"]) {
    case "in":
      return onPort;
    case "out":
      return onPort && isCount(op["value"], 0xffff_ffff);
    case "ins":
    case "outs":
      return onPort && isCount(op["count"], 0xffff_ffff) && isCount(op["address"], 0xffff_ffff);
    case "hlt":
      return op["untilNs"] === undefined || Number.isFinite(op["untilNs"]);
    case "cli":
    case "sti":
    case "clock":
      return true;
    default:
      return false;
  }
}

const show = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? `an object with keys ${Object.keys(value).join(", ")}`
    : String(value);
