/** What no single block of a scenario can tell: names, references, ports, addresses and memory that must fit together. */
import { VpioError } from "../base/errors.ts";
import { readCapture } from "../ethernet/capture.ts";
import { macKey } from "../ethernet/mac.ts";
import { PAGE_BYTES } from "../hardware/memory.ts";
import { type Draft, type Entry, instanceNames } from "./draft.ts";
import type { Problem } from "./errors.ts";
import type { ScenarioFiles } from "./files.ts";
import { type GuestBlock, MAX_GUESTS, SCRATCH_BYTES, WINDOW_PORTS } from "./schema.ts";
import type { Path, Source } from "./source.ts";
import { quote, unknownName } from "./suggest.ts";

/** Every problem in how the entries of `draft` fit together. */
export function checkDraft(draft: Draft, source: Source, files: ScenarioFiles): readonly Problem[] {
  const check = new Check(draft, source, files);
  check.names();
  check.ports();
  check.cardReferences();
  check.owners();
  check.addresses();
  check.targets();
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
    const stations = [...this.#draft.peers, ...this.#draft.guests];
    this.#distinct(this.#draft.cards, "name", "name", (card) => (card.name ? [card.name] : []));
    this.#distinct(stations, "name", "name", (station) => [...stationNames(station)]);
  }

  ports(): void {
    this.#distinct(this.#draft.cards, "port", "port window", ({ block }) =>
      block?.port === undefined ? [] : [`${hex(block.port)} to ${hex(block.port + WINDOW_PORTS - 1)}`],
    );
  }

  addresses(): void {
    const stations: readonly Entry<{ readonly ip?: number | undefined }>[] = [
      ...this.#draft.peers,
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
    for (const { path, block } of this.#draft.guests) {
      if (block === undefined || this.#draft.cards.length === 0) continue;
      if (block.card === undefined && this.#draft.cards.length > 1) {
        this.#add([...path, "card"], `missing 'card', expected one of ${cards.join(", ")}`);
      } else if (block.card !== undefined && !cards.includes(block.card)) {
        this.#add([...path, "card"], unknownName("card", block.card, cards));
      }
    }
  }

  owners(): void {
    for (const card of this.#draft.cards) {
      const owner = card.block?.owner;
      if (owner === undefined || this.#draft.guests.some(({ block }) => block === undefined)) continue;
      const attached = this.#draft.guests.flatMap(({ block }) =>
        block && (block.card ?? card.name) === card.name ? instanceNames(block.name, block.count) : [],
      );
      if (attached.includes(owner)) continue;
      this.#add([...card.path, "owner"], unknownName(`guest of card '${card.name}'`, owner, attached));
    }
  }

  targets(): void {
    const guests = this.#draft.guests.flatMap((guest) => [...referableNames(guest)]);
    const stations = [...names(this.#draft.peers), ...guests];
    for (const { path, block } of this.#draft.peers) {
      if (block?.kind !== "source") continue;
      for (const [index, name] of block.to.entries()) {
        if (!guests.includes(name)) this.#add([...path, "to", index], unknownName("guest", name, guests));
      }
    }
    for (const { path, block } of this.#draft.guests) {
      if (block === undefined || !("to" in block.workload)) continue;
      const { to } = block.workload;
      const at = [...path, "workload", "to"];
      if (!stations.includes(to)) this.#add(at, unknownName("guest or peer", to, stations));
      else if (instanceNames(block.name, block.count).includes(to)) {
        this.#add(at, `found ${quote(to)}, the guest itself, expected another guest or a peer`);
      }
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
    for (const { path, block } of this.#draft.guests) {
      const workload = block?.workload;
      if (workload?.kind !== "replay" && workload?.kind !== "program") continue;
      const at = [...path, "workload", "file"];
      const bytes = this.#files.read(workload.file);
      if (bytes === undefined) {
        this.#add(
          at,
          `found ${quote(workload.file)}, expected the path of a readable file, relative to the scenario`,
        );
      } else if (workload.kind === "replay") {
        this.#capture(at, bytes, workload.file);
      }
    }
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

const names = (entries: readonly Entry<unknown>[]): readonly string[] =>
  entries.flatMap(({ name }) => (name === undefined ? [] : [name]));

/** The names by which an entry's guests can be meant: its own, for all of them, and each one's. */
function* referableNames({ name, block }: Entry<GuestBlock>): Generator<string> {
  if (name === undefined) return;
  yield name;
  if (block && block.count > 1) yield* instanceNames(name, block.count);
}

/** The names that an entry takes from the others. */
const stationNames = (entry: Entry<unknown>): Iterable<string> =>
  isGuest(entry) ? referableNames(entry) : entry.name === undefined ? [] : [entry.name];

const isGuest = (entry: Entry<unknown>): entry is Entry<GuestBlock> => entry.path[0] === "guests";

const wholePages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

const exactSize = (bytes: number): string =>
  bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20}MiB` : `${bytes / 2 ** 10}KiB`;

const hex = (port: number): string => `0x${port.toString(16)}`;
