/** A port operation as messages carry it: the processor's own operation in six numbers. */
import type { PortOp, Width } from "../hardware/cpu.ts";

/** `form` of an operation. `sync` touches nothing: it only comes back after all that went before it. */
export const FORM = { in: 0, out: 1, ins: 2, outs: 3, sync: 4 } as const;
export type Form = (typeof FORM)[keyof typeof FORM];

export interface PortOperation {
  readonly form: number;
  readonly port: number;
  readonly width: number;
  /** What an OUT writes. */
  readonly value: number;
  /** Units of a string operation; 1 for the others. */
  readonly count: number;
  /** Memory of a string operation. */
  readonly address: number;
}

export const SYNC: PortOperation = { form: FORM.sync, port: 0, width: 1, value: 0, count: 0, address: 0 };

export function toOperation(op: PortOp): PortOperation {
  const { port, width } = op;
  switch (op.kind) {
    case "in":
      return { form: FORM.in, port, width, value: 0, count: 1, address: 0 };
    case "out":
      return { form: FORM.out, port, width, value: op.value >>> 0, count: 1, address: 0 };
    case "ins":
      return { form: FORM.ins, port, width, value: 0, count: op.count, address: op.address };
    case "outs":
      return { form: FORM.outs, port, width, value: 0, count: op.count, address: op.address };
  }
}

export function toPortOp(op: PortOperation): PortOp {
  const width = op.width as Width;
  const { port, count, address } = op;
  switch (op.form) {
    case FORM.in:
      return { kind: "in", port, width };
    case FORM.ins:
      return { kind: "ins", port, width, count, address };
    case FORM.outs:
      return { kind: "outs", port, width, count, address };
    default:
      return { kind: "out", port, width, value: op.value };
  }
}

export const isRead = (op: PortOperation): boolean => op.form === FORM.in || op.form === FORM.ins;
export const isString = (op: PortOperation): boolean => op.form === FORM.ins || op.form === FORM.outs;
