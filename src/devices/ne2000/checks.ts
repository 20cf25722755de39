/**
 * What the DMM lets a guest do with its NE2000. The card masters no bus; the DMA that is checked here is its
 * own, of ring, transmitter and data port, which must stay in the card's memory.
 */
import { APPROVED, denied, type Verdict } from "../model.ts";
import type { Shadows } from "./context.ts";
import { listens, type Programmed, remoteCommand } from "./programmed.ts";
import { CR, PAGE_BYTES, RAM, type RegisterName } from "./registers.ts";
import { staysInProm, staysInRam } from "./remote-range.ts";

const hex = (value: number): string => `0x${value.toString(16)}`;

/** A write of a register. `sending`: the card has not finished the last frame. */
export function checkWrite(
  programmed: Programmed,
  name: RegisterName | undefined,
  value: number,
  sending: boolean,
): Verdict {
  switch (name) {
    case "CR":
      return checkCommand(programmed, value, sending);
    case "RCR":
    case "TCR":
    case "PSTART":
    case "PSTOP":
      return checkRing(programmed.command, { ...programmed.registers, [name]: value });
    case "TPSR":
    case "TBCR0":
    case "TBCR1":
      // A frame may still wait for the PHY, and be fetched by what is written now.
      return sending ? checkBuffer({ ...programmed.registers, [name]: value }) : APPROVED;
    default:
      return APPROVED;
  }
}

function checkCommand(programmed: Programmed, command: number, sending: boolean): Verdict {
  const transmits = (command & CR.TXP) !== 0 && (command & CR.STP) === 0;
  const verdicts = [
    checkRing(command, programmed.registers),
    transmits && sending ? denied("transition", "CR.TXP while a frame is being sent") : APPROVED,
    transmits ? checkBuffer(programmed.registers) : APPROVED,
    checkTransfer(programmed, remoteCommand(command)),
  ];
  return verdicts.find(({ kind }) => kind === "denied") ?? APPROVED;
}

function checkBuffer({ TPSR, TBCR0, TBCR1 }: Shadows): Verdict {
  const bytes = TBCR0 | (TBCR1 << 8);
  const start = TPSR * PAGE_BYTES;
  if (start >= RAM.start && start + bytes <= RAM.start + RAM.bytes) return APPROVED;
  return denied("dma", `transmit buffer of ${bytes} bytes at ${hex(start)} is not in packet RAM`);
}

/**
 * A card that would receive must have its ring in packet RAM. One that was never given a ring may run all the
 * same: Linux looks for the card so, and what it stores stays in its own address space, which is the guest's.
 */
function checkRing(command: number, registers: Shadows): Verdict {
  if (!listens(command, registers)) return APPROVED;
  const { PSTART, PSTOP } = registers;
  if (PSTART === 0 && PSTOP === 0) return APPROVED;
  const [first, end] = [RAM.start / PAGE_BYTES, (RAM.start + RAM.bytes) / PAGE_BYTES];
  if (PSTART >= first && PSTART < PSTOP && PSTOP <= end) return APPROVED;
  return denied("dma", `receive ring of pages ${hex(PSTART)} to ${hex(PSTOP)} is not in packet RAM`);
}

/**
 * Remote reads stay in packet RAM or in the PROM, writes in packet RAM; a packet is sent from where one is.
 */
export function checkTransfer({ transfer, geometry }: Programmed, remote: number): Verdict {
  if (remote === CR.ABORT || remote === CR.SEND || staysInRam(transfer, geometry)) return APPROVED;
  if (remote === CR.READ && staysInProm(transfer, geometry)) return APPROVED;
  const what = remote === CR.READ ? "read" : "write";
  return denied(
    "dma",
    `remote ${what} of ${transfer.bytes} bytes at ${hex(transfer.address)} leaves packet RAM`,
  );
}
