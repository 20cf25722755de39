/**
 * A toy of the handoff, the same for every engine that runs it: clients take turns with one device, each turn under an
 * epoch of its own, and the keeper does not wait for the one whose turn is over. So an operation may reach the device when
 * it is another's, and only the epoch tells.
 *
 * | message | from, to       | what                                                       |
 * |---------|----------------|------------------------------------------------------------|
 * | exit    | client, keeper | wants the device                                           |
 * | fence   | keeper, device | from here on it is the holder's, under this epoch          |
 * | drained | device, keeper | so it is                                                   |
 * | grant   | keeper, client | the device is the client's, under this epoch               |
 * | io      | client, device | the one operation of a turn                                |
 * | ioDone  | device, client | it was carried out; the client wants its next turn         |
 * | fenced  | device, client | it came too late and was not; the client wants its next one |
 *
 * Six messages a turn, whatever the schedule: every run has the same number.
 */
import { VpioError } from "../src/base/errors.ts";
import { cardId, guestId, NOBODY } from "../src/base/ids.ts";
import {
  type Address,
  addressName,
  arbiterAddress,
  guestAddress,
  guestOf,
  nicAddress,
} from "../src/protocol/address.ts";
import type { Message } from "../src/protocol/messages.ts";
import { SYNC } from "../src/protocol/operation.ts";

const KEEPER = arbiterAddress(cardId(0));
const DEVICE = nicAddress(cardId(0));

export interface ToyShape {
  readonly clients: number;
  /** Of each client. */
  readonly turns: number;
}

export const messagesOf = ({ clients, turns }: ToyShape): number => 6 * clients * turns;

/** `stale-epoch`: the device carries out whatever comes. */
export type ToyDefect = "none" | "stale-epoch";

interface Client {
  readonly turnsLeft: number;
}

interface Keeper {
  readonly epoch: number;
  /** Who wants the device, oldest first. The first one is being given it while `switching`. */
  readonly waiting: readonly Address[];
  readonly switching: boolean;
}

interface Device {
  readonly epoch: number;
  readonly holder: Address | undefined;
  /** The first operation that it carried out for somebody who did not hold it. */
  readonly breach: string | undefined;
}

export interface Sent {
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

/** Where an actor is after a message, and what it sends. */
interface Step<State> {
  readonly state: State;
  readonly sends: readonly (readonly [to: Address, message: Message])[];
}

const WANT: Message = { type: "exit", ...SYNC };

function clientStep(client: Client, message: Message): Step<Client> {
  switch (message.type) {
    case "grant":
      return { state: client, sends: [[DEVICE, { type: "io", epoch: message.epoch, posted: 0, ...SYNC }]] };
    case "ioDone":
    case "fenced": {
      const turnsLeft = client.turnsLeft - 1;
      return { state: { turnsLeft }, sends: turnsLeft > 0 ? [[KEEPER, WANT]] : [] };
    }
    default:
      return unknown("client", message);
  }
}

function keeperStep(keeper: Keeper, from: Address, message: Message): Step<Keeper> {
  switch (message.type) {
    case "exit":
      return switchOver({ ...keeper, waiting: [...keeper.waiting, from] });
    case "drained": {
      const [granted, ...waiting] = keeper.waiting;
      const { state, sends } = switchOver({ ...keeper, waiting, switching: false });
      const grant: Message = { type: "grant", epoch: message.epoch };
      return { state, sends: granted === undefined ? sends : [[granted, grant], ...sends] };
    }
    default:
      return unknown("keeper", message);
  }
}

/** Begins to give the device to the first that wants it, unless it is under way already. */
function switchOver(keeper: Keeper): Step<Keeper> {
  const next = keeper.waiting[0];
  if (keeper.switching || next === undefined) return { state: keeper, sends: [] };
  const epoch = keeper.epoch + 1;
  const fence: Message = { type: "fence", epoch, holder: guestOf(next), drain: 0, awaited: 0 };
  return { state: { ...keeper, epoch, switching: true }, sends: [[DEVICE, fence]] };
}

function deviceStep(device: Device, from: Address, message: Message, defect: ToyDefect): Step<Device> {
  switch (message.type) {
    case "fence": {
      const { epoch } = message;
      const holder = guestAddress(guestId(message.holder));
      return { state: { ...device, epoch, holder }, sends: [[KEEPER, { type: "drained", epoch }]] };
    }
    case "io": {
      const { epoch } = message;
      if (epoch !== device.epoch && defect !== "stale-epoch")
        return { state: device, sends: [[from, { ...message, type: "fenced" }]] };
      const foreign =
        from === device.holder ? undefined : `it carried out an operation of ${addressName(from)}`;
      return {
        state: { ...device, breach: device.breach ?? foreign },
        sends: [[from, { type: "ioDone", value: 0 }]],
      };
    }
    default:
      return unknown("device", message);
  }
}

function unknown(who: string, { type }: Message): never {
  throw new VpioError("INTERNAL", `the toy's ${who} does not understand ${type}`);
}

/** The actors of one run, and where they stand. */
export class Toy {
  readonly #clients: Map<Address, Client>;
  readonly #defect: ToyDefect;
  #keeper: Keeper = { epoch: NOBODY, waiting: [], switching: false };
  #device: Device = { epoch: NOBODY, holder: undefined, breach: undefined };

  constructor({ clients, turns }: ToyShape, defect: ToyDefect = "none") {
    const addresses = Array.from({ length: clients }, (_, id) => guestAddress(guestId(id)));
    this.#clients = new Map(addresses.map((address) => [address, { turnsLeft: turns }]));
    this.#defect = defect;
  }

  get addresses(): readonly Address[] {
    return [...this.#clients.keys(), KEEPER, DEVICE];
  }

  /**
   * What is wrong when no message is left: the device carries out operations of its holder and of nobody else, and every
   * client has had its turns.
   */
  get breach(): string | undefined {
    const [late] = [...this.#clients].filter(([, { turnsLeft }]) => turnsLeft > 0);
    return this.#device.breach ?? (late && `${addressName(late[0])} waits for ever`);
  }

  /** What is under way when the run begins. */
  start(): readonly Sent[] {
    return [...this.#clients.keys()].map((from) => ({ from, to: KEEPER, message: WANT }));
  }

  /** Delivers a message; answers with what is sent then. */
  deliver({ from, to, message }: Sent): readonly Sent[] {
    return this.#step(from, to, message).map(([next, sent]) => ({ from: to, to: next, message: sent }));
  }

  #step(from: Address, to: Address, message: Message): Step<unknown>["sends"] {
    if (to === KEEPER) {
      const { state, sends } = keeperStep(this.#keeper, from, message);
      this.#keeper = state;
      return sends;
    }
    if (to === DEVICE) {
      const { state, sends } = deviceStep(this.#device, from, message, this.#defect);
      this.#device = state;
      return sends;
    }
    const client = this.#clients.get(to);
    if (client === undefined) return unknown("nobody", message);
    const { state, sends } = clientStep(client, message);
    this.#clients.set(to, state);
    return sends;
  }
}
