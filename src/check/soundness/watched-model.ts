/**
 * The device model as it is, with somebody who listens: which ranges of host memory its checking functions
 * have looked up and approved, by the DMA that the access is about. A later approval of the same DMA replaces
 * an earlier one, when the access has been carried out.
 */
import type { HookedList } from "../../devices/hooked-list.ts";
import type {
  Access,
  DeviceModel,
  InspectableModel,
  ModelDefinition,
  ModelHost,
  Phase,
  Verdict,
} from "../../devices/model.ts";
import type { Sequence } from "../../hardware/cpu.ts";

/** Host-physical. */
interface Range {
  readonly address: number;
  readonly bytes: number;
}

export class Approvals {
  readonly #dmaOf: (port: number) => string;
  readonly #ranges = new Map<string, readonly Range[]>();
  /** What they were before the access that is being carried out. */
  #before: readonly Range[] = [];
  #lookedUp: Range[] | undefined;

  constructor(dmaOf: (port: number) => string) {
    this.#dmaOf = dmaOf;
  }

  cover(address: number, bytes: number): boolean {
    for (const ranges of [...this.#ranges.values(), this.#before]) {
      if (ranges.some((one) => address >= one.address && address + bytes <= one.address + one.bytes))
        return true;
    }
    return false;
  }

  /** The access has been carried out. */
  settle(): void {
    this.#before = [];
  }

  inspect(): unknown {
    return this.#ranges;
  }

  /** A host that takes note of what is looked up in it. */
  hostOf(host: ModelHost): ModelHost {
    return {
      ...host,
      toHost: (address, bytes) => {
        const at = host.toHost(address, bytes);
        if (at !== undefined) this.#lookedUp?.push({ address: at, bytes });
        return at;
      },
    };
  }

  /** The verdict of a checking function on an access at `port`. */
  hear(port: number, check: () => Verdict): Verdict {
    this.#lookedUp = [];
    const verdict = check();
    if (verdict.kind === "approved" && this.#lookedUp.length > 0) {
      const dma = this.#dmaOf(port);
      this.#before = this.#ranges.get(dma) ?? [];
      this.#ranges.set(dma, this.#lookedUp);
    }
    this.#lookedUp = undefined;
    return verdict;
  }
}

class WatchedModel implements DeviceModel {
  readonly #model: DeviceModel;
  readonly #approvals: Approvals;

  constructor(model: DeviceModel, approvals: Approvals) {
    this.#model = model;
    this.#approvals = approvals;
  }

  get stateName(): string {
    return this.#model.stateName;
  }

  get phase(): Phase {
    return this.#model.phase;
  }

  get hooks(): HookedList {
    return this.#model.hooks;
  }

  get listening(): boolean {
    return this.#model.listening;
  }

  get interrupt(): boolean {
    return this.#model.interrupt;
  }

  checkModel(access: Access): Verdict {
    return this.#approvals.hear(access.port, () => this.#model.checkModel(access));
  }

  perform(access: Access): Sequence<number> {
    return this.#model.perform(access);
  }

  updateFromCard(): Sequence<boolean> {
    return this.#model.updateFromCard();
  }

  injectError(refused: Access): void {
    this.#model.injectError(refused);
  }

  quiesce(): Sequence<void> {
    return this.#model.quiesce();
  }

  save(): Sequence<void> {
    return this.#model.save();
  }

  restore(): Sequence<void> {
    return this.#model.restore();
  }
}

/** The definition with an ear at its checking functions and at their host; `made` is told of each model. */
export function watched(
  definition: ModelDefinition<InspectableModel>,
  approvals: Approvals,
  made: (model: InspectableModel) => void,
): ModelDefinition {
  return {
    ...definition,
    initModel: (host) => {
      const model = definition.initModel(approvals.hostOf(host));
      made(model);
      return new WatchedModel(model, approvals);
    },
  };
}
