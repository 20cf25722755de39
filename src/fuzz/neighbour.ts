/**
 * The innocent guest beside the hostile one: it talks over its card whenever it has it, and each time finds the card and
 * its own memory as it left them.
 */
import type { NetDriver } from "../devices/driver.ts";
import { noiseFrame } from "./noise.ts";
import { type CardProfile, STAGING_BYTES } from "./profile.ts";
import { IO_BASE, type SharedCard, type Tenant } from "./shared-card.ts";
import { Broken } from "./watched-slot.ts";

const FRAME_BYTES = 200;
/** Rounds of the interrupt handler before the line is taken to be stuck. */
const ROUNDS = 8;

export class Neighbour {
  readonly #profile: CardProfile;
  readonly #card: SharedCard;
  readonly #tenant: Tenant;
  readonly #driver: NetDriver;
  readonly #received: Uint8Array[] = [];
  readonly #staging: number;
  #memory: Uint8Array = new Uint8Array(0);
  #view: readonly number[] = [];
  #line = false;
  #exchanges = 0;

  /** The tenant must hold the card. */
  constructor(profile: CardProfile, card: SharedCard, tenant: Tenant) {
    this.#profile = profile;
    this.#card = card;
    this.#tenant = tenant;
    this.#staging = tenant.memory.allocate(STAGING_BYTES);
    this.#driver = profile.device.makeDriver({
      ioBase: IO_BASE,
      memory: tenant.memory,
      onReceive: (frame) => this.#received.push(frame),
      promiscuous: false,
    });
    card.run(this.#driver.open());
  }

  /** Sends a frame and leaves one that came in unread; then remembers what it has. */
  leave(): void {
    const frame = this.#frame(++this.#exchanges);
    const { sentFrames } = this.#card.slot.tally;
    if (!this.#card.run(this.#driver.transmit(frame))) throw new Broken("the neighbour cannot send");
    if (this.#card.slot.tally.sentFrames !== sentFrames + 1)
      throw new Broken("the neighbour's frame is lost");
    this.#card.leave();
    this.#attend();
    if (!this.#driver.transmitIdle) throw new Broken("the neighbour's card does not report its frame sent");
    if (this.#card.silicon.receive(frame) !== "stored") throw new Broken("the neighbour cannot receive");
    this.#card.service();
    this.#view = this.#look();
    this.#line = this.#interrupt;
    this.#memory = this.#bytes.slice();
  }

  /** It has the card again, or still: nothing of its own may have changed, and the frame is there. */
  comeBack(): void {
    this.checkMemory();
    const view = this.#look();
    const at = view.findIndex((value, i) => value !== this.#view[i]);
    if (at >= 0)
      throw new Broken(
        `the neighbour's card has changed: value ${at} is ${view[at]} and was ${this.#view[at]}`,
      );
    // What was copied from the card to the memory is the same, too.
    this.checkMemory();
    if (this.#interrupt !== this.#line) throw new Broken("the neighbour's interrupt line has changed");
    this.#attend();
    const frame = this.#frame(this.#exchanges);
    const [received] = this.#received.splice(0);
    if (received === undefined || Buffer.compare(received, frame) !== 0)
      throw new Broken("the neighbour has lost the frame that waited for it");
  }

  checkMemory(): void {
    const at =
      Buffer.compare(this.#bytes, this.#memory) === 0 ? -1 : firstDifference(this.#bytes, this.#memory);
    if (at >= 0) throw new Broken(`byte 0x${at.toString(16)} of the neighbour's memory has changed`);
  }

  #look(): readonly number[] {
    return this.#card.run(this.#profile.view(IO_BASE, this.#staging));
  }

  get #bytes(): Uint8Array {
    return this.#tenant.memory.bytes(this.#tenant.memory.base, this.#tenant.memory.sizeBytes);
  }

  get #interrupt(): boolean {
    return this.#card.dmm.model(this.#tenant.id).interrupt;
  }

  #attend(): void {
    for (let i = 0; i < ROUNDS; i++) {
      this.#card.service();
      if (!this.#interrupt) return;
      this.#card.run(this.#driver.interrupt());
    }
    throw new Broken("the neighbour's interrupt line does not come down");
  }

  #frame(seed: number): Uint8Array {
    const macs = { card: this.#tenant.mac, neighbour: this.#tenant.mac };
    return noiseFrame({ bytes: FRAME_BYTES, to: "neighbour", seed }, macs);
  }
}

const firstDifference = (a: Uint8Array, b: Uint8Array): number => a.findIndex((byte, i) => byte !== b[i]);
