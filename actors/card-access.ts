/**
 * The VMM's own access to a card: runs a Sequence by sending its port operations to the NIC. Writes are posted and a
 * final `sync` makes sure that all have been executed before the program counts as done.
 */
import { invariant } from "../src/base/errors.ts";
import { NOBODY } from "../src/base/ids.ts";
import { type CpuOp, type InMany, isPortOp, type Sequence } from "../src/hardware/cpu.ts";
import type { Ports } from "../src/machine/actor.ts";
import type { Address } from "../src/protocol/address.ts";
import { type PortOperation, SYNC, toOperation } from "../src/protocol/operation.ts";

/** Posted writes between two answers: fewer than the cells of a ring. */
const POSTED_MAX = 200;

interface Running {
  readonly next: (answer: number) => CpuOp | InMany | undefined;
  readonly finish: () => void;
}

export class CardAccess {
  readonly #ports: Ports;
  readonly #nic: Address;
  readonly #ioBase: number;
  #running: Running | undefined;
  #posted = 0;
  #finishing = false;
  /** Reads under way at once: their values go there, and this many are still to come. */
  #gathering: { readonly values: number[]; left: number } | undefined;

  constructor(ports: Ports, nic: Address, ioBase: number) {
    this.#ports = ports;
    this.#nic = nic;
    this.#ioBase = ioBase;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Runs `program`; `done` is called with its result, at once when it needs no answer from the card. */
  run<T>(program: Sequence<T>, done: (result: T) => void): void {
    invariant(this.#running === undefined, "one program at a time has the card");
    let result: { readonly value: T } | undefined;
    this.#running = {
      next: (answer) => {
        const step = program.next(answer);
        if (!step.done) return step.value;
        result = { value: step.value };
        return undefined;
      },
      finish: () => {
        this.#running = undefined;
        if (result !== undefined) done(result.value);
      },
    };
    this.#finishing = false;
    this.#advance(0);
  }

  /** The card's answer to the operation that was waited for. */
  answer(value: number): void {
    this.#posted = 0;
    const gathering = this.#gathering;
    if (gathering !== undefined) {
      gathering.values.push(value);
      if (--gathering.left > 0) return;
      this.#gathering = undefined;
      return this.#advance(0);
    }
    if (this.#finishing) this.#running?.finish();
    else this.#advance(value);
  }

  #advance(answer: number): void {
    for (let op = this.#running?.next(answer); op !== undefined; op = this.#running?.next(answer)) {
      if (op.kind === "out" && this.#posted < POSTED_MAX) {
        this.#ports.post(this.#nic, this.#io(toOperation(op), 1));
        this.#posted++;
        answer = 0;
      } else if (op.kind === "inMany") {
        return this.#gather(op);
      } else if (isPortOp(op)) {
        return this.#ports.send(this.#nic, this.#io(toOperation(op), 0));
      } else {
        // The VMM's sequences poll; they neither mask interrupts nor sleep.
        answer = op.kind === "clock" ? this.#ports.nowNs() : 0;
      }
    }
    if (this.#posted === 0) return this.#running?.finish();
    this.#finishing = true;
    this.#ports.send(this.#nic, this.#io(SYNC, 0));
  }

  #gather({ reads, values }: InMany): void {
    this.#gathering = { values, left: reads.length };
    for (const read of reads) this.#ports.post(this.#nic, this.#io(toOperation(read), 0));
    this.#ports.flush(this.#nic);
  }

  #io(op: PortOperation, posted: 0 | 1) {
    const { form, width, value, count, address } = op;
    const port = op === SYNC ? 0 : op.port - this.#ioBase;
    return { type: "io", epoch: NOBODY, posted, form, port, width, value, count, address } as const;
  }
}
