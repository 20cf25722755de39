/** What no single block of a scenario can tell: names, references, ports, addresses, memory. */
import { VpioError } from "../base/errors.ts";
import { exactSize } from "../base/units.ts";
import { BUILT_IN_KINDS, builtIn, isBuiltIn } from "../devices/catalogue.ts";
import { LINUX_DRIVERS } from "../devices/device.ts";
import { WINDOW_PORTS } from "../devices/hooked-list.ts";
import { readCapture } from "../ethernet/capture.ts";
import { macKey } from "../ethernet/mac.ts";
import { PAGE_BYTES } from "../hardware/memory.ts";
import { type Draft, type Entry, instanceNames, textAt, valueAt } from "./draft.ts";
import type { Problem } from "./errors.ts";
import type { ScenarioFiles } from "./files.ts";
import { cardSchema, type GuestBlock, MAX_GUESTS, SCRATCH_BYTES } from "./schema.ts";
import type { Path, Source } from "./source.ts";
import { list, quote, unknownName } from "./suggest.ts";

/** Every problem in how the entries of `draft` fit together. */
export function checkDraft(draft: Draft, source: Source, files: ScenarioFiles): readonly Problem[] {
  const check = new Check(draft, source, files);
  check.names();
  check.kinds();
  check.ports();
  check.cardReferences();
  check.drivers();
  check.owners();
  check.addresses();
  check.targets();
  check.uplinkEnds();
  check.guestCount();
  check.memory();
  check.files();
  return check.problems;
}

class Check {
  readonly problems: Problem[] = [];
  readonly #draft: Draft;
  readonly #source: Source;
  readonly #files: ScenarioFiles;

  constructor(draft: Draft, source: Source, files: ScenarioFiles) {
    this.#draft = draft;
    this.#source = source;
    this.#files = files;
  }

  names(): void {
    const { peers, uplinks, hosts, guests } = this.#draft;
    const stations: readonly Entry<unknown>[] = [...peers, ...uplinks, ...hosts, ...guests];
    this.#distinct(this.#draft.cards, "name", "name", (card) => names([card]));
    this.#distinct(stations, "name", "name", stationNames);
  }

  /** A card is of a kind that is built in, or that a plug-in brings. */
  kinds(): void {
    const { plugins, cards } = this.#draft;
    this.#distinct(plugins, "card", "card", (plugin) => kinds([plugin]));
    for (const { path, item } of plugins) {
      const kind = textAt(item, "card");
      if (kind !== undefined && isBuiltIn(kind))
        this.#add([...path, "card"], `found ${quote(kind)}, which is built in, expected another name`);
    }
    const known = [...BUILT_IN_KINDS, ...kinds(plugins)];
    for (const { path, item } of cards) {
      const kind = cardSchema.shape.kind.safeParse(valueAt(item, "kind")).data;
      if (kind === undefined || known.includes(kind)) continue;
      this.#add([...path, "kind"], unknownName("kind of card", kind, known));
    }
  }

  ports(): void {
    this.#distinct(this.#draft.cards, "port", "port window", ({ block }) =>
      block?.port === undefined ? [] : [`${hex(block.port)} to ${hex(block.port + WINDOW_PORTS - 1)}`],
    );
  }

  addresses(): void {
    const stations: readonly Entry<{ readonly ip?: number | undefined }>[] = [
      ...this.#draft.peers,
      ...this.#draft.hosts,
      ...this.#draft.guests,
    ];
    this.#distinct(stations, "ip", "address", ({ block }) => (block?.ip === undefined ? [] : [block.ip]));
    this.#distinct(this.#draft.guests, "mac", "address", ({ block }) =>
      block?.mac === undefined ? [] : [macKey(block.mac)],
    );
    for (const { path, block } of this.#draft.guests) {
      if (block === undefined || block.count === 1) continue;
      for (const key of ["mac", "ip"] as const) {
        if (block[key] === undefined) continue;
        this.#add([...path, key], `found one address for ${block.count} guests, expected no '${key}'`);
      }
    }
  }

  cardReferences(): void {
    const cards = names(this.#draft.cards);
    if (cards.length === 0) return;
    for (const { path, item } of this.#draft.guests) {
      const card = textAt(item, "card");
      if (card !== undefined && !cards.includes(card)) {
        this.#add([...path, "card"], unknownName("card", card, cards));
      } else if (valueAt(item, "card") === undefined && cards.length > 1) {
        this.#add([...path, "card"], `missing 'card', expected one of ${list(cards)}`);
      }
    }
  }

  /** A driver that is written must be the one for the guest's card; only a card that is built in has one. */
  drivers(): void {
    for (const { path, item } of this.#draft.guests) {
      const driver = textAt(item, "driver");
      const named = textAt(item, "card");
      const { cards } = this.#draft;
      const card = cards.find(({ name }) => name === named) ?? (named === undefined ? cards[0] : undefined);
      const kind = card?.block?.kind;
      if (kind === undefined || textAt(item, "kind") !== "linux") continue;
      const own = builtIn(kind)?.linuxDriver;
      if (driver === undefined) {
        const expected = `expected one of ${list(LINUX_DRIVERS)}, as ${kind} is not built in`;
        if (kinds(this.#draft.plugins).includes(kind)) this.#add(path, `missing 'driver', ${expected}`);
      } else if (own !== undefined && driver !== own && LINUX_DRIVERS.some((known) => known === driver)) {
        this.#add([...path, "driver"], `found ${quote(driver)}, expected ${own}, the driver for an ${kind}`);
      }
    }
  }

  owners(): void {
    for (const card of this.#draft.cards) {
      const owner = textAt(card.item, "owner");
      const attached = this.#draft.guests.flatMap((guest) =>
        (textAt(guest.item, "card") ?? card.name) === card.name ? instances(guest) : [],
      );
      if (owner === undefined || attached.includes(owner)) continue;
      this.#add([...card.path, "owner"], unknownName("owner", owner, attached));
    }
  }

  targets(): void {
    const guests = this.#draft.guests.flatMap(referableNames);
    const hosts = names(this.#draft.hosts);
    const stations = [...names(this.#draft.peers), ...hosts, ...guests];
    const what = hosts.length === 0 ? "guest or peer" : "guest, peer or host";
    for (const { path, item } of this.#draft.peers) {
      const to = valueAt(item, "to");
      for (const [index, name] of (Array.isArray(to) ? to : []).entries()) {
        if (typeof name !== "string" || guests.includes(name)) continue;
        this.#add([...path, "to", index], unknownName("guest", name, guests));
      }
    }
    for (const guest of this.#draft.guests) {
      const to = textAt(guest.item, "workload", "to");
      const at = [...guest.path, "workload", "to"];
      if (to === undefined) continue;
      if (!stations.includes(to)) this.#add(at, unknownName(what, to, stations));
      else if (instances(guest).includes(to)) {
        this.#add(at, `found ${quote(to)}, the guest itself, expected another guest or a peer`);
      }
    }
  }

  /** One end waits, the other comes. */
  uplinkEnds(): void {
    for (const { path, item } of this.#draft.uplinks) {
      if (textAt(item, "kind") !== "qemu") continue;
      const [listens, connects] = [valueAt(item, "listen"), valueAt(item, "connect")];
      if (listens === undefined && connects === undefined)
        this.#add(path, "missing 'listen' or 'connect', expected one of them");
      else if (listens !== undefined && connects !== undefined)
        this.#add([...path, "connect"], "found 'connect' beside 'listen', expected one of them");
    }
  }

  guestCount(): void {
    const total = this.#draft.guests.reduce((sum, { block }) => sum + (block?.count ?? 1), 0);
    if (total <= MAX_GUESTS || this.#draft.guests.length > MAX_GUESTS) return;
    this.#add(["guests"], `found ${total} guests with their counts, expected at most ${MAX_GUESTS}`);
  }

  memory(): void {
    const { hostMemoryBytes, cards, guests } = this.#draft;
    const wanted = guests.map(({ block }) => (block ? block.count * wholePages(block.memory) : undefined));
    if (hostMemoryBytes === undefined || wanted.includes(undefined)) return;
    const guestBytes = wanted.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
    const vmmBytes = cards.length * SCRATCH_BYTES;
    if (guestBytes + vmmBytes <= hostMemoryBytes) return;
    this.#add(
      this.#source.has(["host", "memory"]) ? ["host", "memory"] : ["guests"],
      `found ${exactSize(guestBytes)} for the guests and ${exactSize(vmmBytes)} for the VMM, ` +
        `expected at most the host's ${exactSize(hostMemoryBytes)} together`,
    );
  }

  files(): void {
    for (const { path, item } of this.#draft.plugins) {
      const file = textAt(item, "file");
      if (file) this.#read([...path, "file"], file);
    }
    for (const { path, item } of this.#draft.guests) {
      const kind = textAt(item, "workload", "kind");
      const file = textAt(item, "workload", "file");
      if (!file || (kind !== "replay" && kind !== "program")) continue;
      const at = [...path, "workload", "file"];
      const bytes = this.#read(at, file);
      if (bytes !== undefined && kind === "replay") this.#capture(at, bytes, file);
    }
  }

  #read(at: Path, file: string): Uint8Array | undefined {
    const bytes = this.#files.read(file);
    if (bytes === undefined)
      this.#add(at, `found ${quote(file)}, expected the path of a readable file, relative to the scenario`);
    return bytes;
  }

  #capture(at: Path, bytes: Uint8Array, file: string): void {
    try {
      readCapture(bytes, file);
    } catch (error) {
      if (!(error instanceof VpioError) || error.code !== "CAPTURE") throw error;
      this.#add(at, error.message);
    }
  }

  /** Reports each entry whose `keysOf` were all the same as, or among, an earlier one's. */
  #distinct<Item extends Entry<unknown>>(
    items: readonly Item[],
    key: string,
    what: string,
    keysOf: (item: Item) => readonly (string | number)[],
  ): void {
    const seen = new Map<string | number, Path>();
    for (const item of items) {
      const at = [...item.path, key];
      for (const value of keysOf(item)) {
        const earlier = seen.get(value);
        if (earlier === undefined) seen.set(value, at);
        else {
          const shown = typeof value === "string" ? quote(value) : this.#source.describe(at);
          const { line } = this.#source.placeOf(earlier);
          this.#add(at, `found ${what} ${shown}, which line ${line} has already, expected another`);
        }
      }
    }
  }

  #add(path: Path, message: string): void {
    this.problems.push({ place: this.#source.placeOf(path), message });
  }
}

/** The kinds of cards that plug-ins bring. */
const kinds = (plugins: readonly Entry<unknown>[]): readonly string[] =>
  plugins.flatMap(({ item }) => textAt(item, "card") ?? []);

const names = (entries: readonly Entry<unknown>[]): readonly string[] =>
  entries.flatMap(({ name }) => (name === undefined ? [] : [name]));

/** The names of the guests that an entry makes, as far as can be told. */
function instances({ name, item }: Entry<GuestBlock>): readonly string[] {
  const count = valueAt(item, "count") ?? 1;
  if (name === undefined || !Number.isInteger(count)) return [];
  return instanceNames(name, Math.min(count as number, MAX_GUESTS));
}

/** The names by which an entry's guests can be meant: its own, for all of them, and each one's. */
const referableNames = (guest: Entry<GuestBlock>): readonly string[] =>
  guest.name === undefined ? [] : [...new Set([guest.name, ...instances(guest)])];

/** The names that an entry takes from the others. */
const stationNames = (entry: Entry<unknown>): readonly string[] =>
  isGuest(entry) ? referableNames(entry) : names([entry]);

const isGuest = (entry: Entry<unknown>): entry is Entry<GuestBlock> => entry.path[0] === "guests";

const wholePages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

const hex = (port: number): string => `0x${port.toString(16)}`;
