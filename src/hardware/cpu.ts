/**
 * What a guest's processor does that anybody else can see, as data: programs (drivers, workloads, the VMM's own
 * sequences) are generators that yield these operations and are sent the answers. Who executes them is the engine's
 * choice: a worker that blocks, or a scheduler that decides at each operation who moves.
 */

/** Bytes of one port access. */
export type Width = 1 | 2 | 4;

export type CpuOp =
  /** IN: answers the value. */
  | { readonly kind: "in"; readonly port: number; readonly width: Width }
  /** OUT: may be posted; answers 0. */
  | { readonly kind: "out"; readonly port: number; readonly width: Width; readonly value: number }
  /** REP INS: `count` units of `width` from the port to guest-physical memory. Answers 0. One exit, as VMX counts it. */
  | {
      readonly kind: "ins";
      readonly port: number;
      readonly width: Width;
      readonly count: number;
      readonly address: number;
    }
  /** REP OUTS: `count` units of `width` from guest-physical memory to the port. Answers 0. */
  | {
      readonly kind: "outs";
      readonly port: number;
      readonly width: Width;
      readonly count: number;
      readonly address: number;
    }
  /** Stops until an interrupt or until the time `untilNs` (undefined: for ever). Answers 0. */
  | { readonly kind: "hlt"; readonly untilNs: number | undefined }
  /** Interrupts off; on. They nest: as many `sti` as `cli` turn them on again. */
  | { readonly kind: "cli" }
  | { readonly kind: "sti" }
  /** The clock: answers nanoseconds since the run began. */
  | { readonly kind: "clock" };

export type PortOp = Extract<CpuOp, { readonly port: number }>;
export type InOp = Extract<CpuOp, { readonly kind: "in" }>;

/**
 * What only the VMM does: several reads none of which waits for the answer to another, so that one round trip is enough.
 * Answers 0; the values are pushed to `values`, in order.
 */
export interface InMany {
  readonly kind: "inMany";
  readonly reads: readonly InOp[];
  readonly values: number[];
}

export const isPortOp = (op: CpuOp | InMany): op is PortOp => "port" in op;

/** What a port operation does to its port. */
export const directionOf = ({ kind }: PortOp): "read" | "write" =>
  kind === "in" || kind === "ins" ? "read" : "write";

/** A computation that yields processor operations and is sent one number back for each. */
export type Program<T> = Generator<CpuOp, T, number>;
/** A program of the VMM, for a card that it has to itself. */
export type Sequence<T> = Generator<CpuOp | InMany, T, number>;

/** Reads several ports of a card in one go. */
export function* readAll(reads: readonly InOp[]): Sequence<readonly number[]> {
  const values: number[] = [];
  yield { kind: "inMany", reads, values };
  return values;
}

export const inb = (port: number): InOp => ({ kind: "in", port, width: 1 });
export const inw = (port: number): InOp => ({ kind: "in", port, width: 2 });
export const inl = (port: number): InOp => ({ kind: "in", port, width: 4 });
export const outb = (port: number, value: number): PortOp => ({ kind: "out", port, width: 1, value });
export const outw = (port: number, value: number): PortOp => ({ kind: "out", port, width: 2, value });
export const outl = (port: number, value: number): PortOp => ({
  kind: "out",
  port,
  width: 4,
  value: value >>> 0,
});
export const insw = (port: number, address: number, count: number): PortOp => ({
  kind: "ins",
  port,
  width: 2,
  count,
  address,
});
export const outsw = (port: number, address: number, count: number): PortOp => ({
  kind: "outs",
  port,
  width: 2,
  count,
  address,
});
export const hlt = (untilNs?: number): CpuOp => ({ kind: "hlt", untilNs });
export const cli: CpuOp = { kind: "cli" };
export const sti: CpuOp = { kind: "sti" };
export const clock: CpuOp = { kind: "clock" };

/** Runs `body` with interrupts off, whatever way it ends. */
export function* critical<T>(body: Program<T>): Program<T> {
  yield cli;
  try {
    return yield* body;
  } finally {
    yield sti;
  }
}

/** The bits of an access of `width` bytes. */
export const widthMask = (width: Width): number => (width === 4 ? 0xffff_ffff : (1 << (8 * width)) - 1);
