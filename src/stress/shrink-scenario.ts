/**
 * Simpler versions of a scenario's text: fewer guests, cards and peers; less for each of them to do, and
 * fewer handoffs meanwhile; nothing said that need not be said.
 */
import { type Document, isMap, isSeq, parseDocument } from "yaml";

type Path = readonly (string | number)[];
type Change = (copy: Document) => void;
/** Where in an item of a list a duration is, and what it is multiplied with. */
type Lengthening = readonly [keys: Path, factors: readonly number[]];

/** Lists whose items may be left out. */
const LISTS: readonly Path[] = [["guests"], ["wire", "peers"], ["cards"]];
/** What has a default, by list. */
const OPTIONAL: readonly (readonly [list: Path, keys: readonly string[]])[] = [
  [["guests"], ["start", "weight", "address", "ip", "mac"]],
  [["cards"], ["receive", "hold", "revoke", "watchdog", "failure", "rate", "policy", "irq", "port"]],
  [
    ["wire", "peers"],
    ["start", "size", "ip"],
  ],
];
/** A workload that only waits, for guests whose own does not matter. */
const IDLE = { kind: "receive" };
const IDLE_AWARE = ["ping", "stream", "request-response", "replay"];
/**
 * With longer quanta the card changes hands less often, with dearer operations time passes faster: before it
 * matters.
 */
const QUANTUM: Lengthening = [
  ["policy", "quantum"],
  [4, 2, 16],
];
const COSTS: readonly Lengthening[] = [
  [["exit"], [10]],
  [["io"], [10]],
  [["step"], [10]],
];
const DURATION = /^(\d+)(ns|us|ms|s)$/;

export type Simplification = (document: Document) => Generator<Change>;

/** Each version of `text` is simpler by one thing. They may be no valid scenarios. */
export function* versionsOf(text: string, simplification: Simplification): Generator<string> {
  for (const change of simplification(parseDocument(text))) {
    const copy = parseDocument(text);
    change(copy);
    yield copy.toString();
  }
}

/**
 * A card with its guests less; one guest, peer or card. What is left may meet at other times than before: so
 * each comes with longer quanta too.
 */
function* omissions(document: Document): Generator<Change> {
  const quanta = itemsOf(document, ["cards"]).flatMap((card) => [...longer(document, card, QUANTUM)]);
  for (const paths of expendables(document)) {
    const omit: Change = (copy) => {
      for (const path of paths) copy.deleteIn(path);
    };
    yield omit;
    for (const lengthen of quanta)
      yield (copy) => {
        lengthen(copy);
        omit(copy);
      };
  }
}

/** What may be left out together. */
function* expendables(document: Document): Generator<readonly Path[]> {
  const guests = itemsOf(document, ["guests"]).reverse();
  for (const card of itemsOf(document, ["cards"]).reverse()) {
    const name = document.getIn([...card, "name"]);
    const own = guests.filter((guest) => document.getIn([...guest, "card"]) === name);
    if (own.length > 0) yield [...own, card];
  }
  for (const list of LISTS) for (const item of itemsOf(document, list).reverse()) yield [item];
}

/** Less to do, and fewer handoffs meanwhile. */
function* reductions(document: Document): Generator<Change> {
  for (const guest of itemsOf(document, ["guests"])) {
    if (IDLE_AWARE.includes(String(document.getIn([...guest, "workload", "kind"]))))
      yield (copy) => copy.setIn([...guest, "workload"], IDLE);
  }
  for (const path of countsOf(document)) {
    const count = document.getIn(path);
    if (typeof count !== "number" || count <= 1) continue;
    yield (copy) => copy.setIn(path, 1);
    if (count > 2) yield (copy) => copy.setIn(path, Math.floor(count / 2));
    if (count > 4) yield (copy) => copy.setIn(path, count - 1);
  }
  for (const card of itemsOf(document, ["cards"])) yield* longer(document, card, QUANTUM);
  for (const cost of COSTS) yield* longer(document, ["costs"], cost);
}

function* longer(document: Document, item: Path, [keys, factors]: Lengthening): Generator<Change> {
  const path = [...item, ...keys];
  const [, value, unit] = DURATION.exec(String(document.getIn(path))) ?? [];
  if (value === undefined) return;
  for (const factor of factors) yield (copy) => copy.setIn(path, `${Number(value) * factor}${unit}`);
}

/** What is written where the default does as well. */
function* defaults(document: Document): Generator<Change> {
  const paths = OPTIONAL.flatMap(([list, keys]) =>
    itemsOf(document, list).flatMap((item) => keys.map((key) => [...item, key])),
  );
  const costs = document.getIn(["costs"]);
  const each = isMap(costs) ? costs.items.map(({ key }) => ["costs", String(key)]) : [];
  for (const path of [["description"], ["costs"], ...each, ["wire", "rate"], ["wire", "buffer"], ...paths])
    if (document.hasIn(path)) yield (copy) => void copy.deleteIn(path);
}

function itemsOf(document: Document, list: Path): Path[] {
  const node = document.getIn(list);
  return Array.from({ length: isSeq(node) ? node.items.length : 0 }, (_, i) => [...list, i]);
}

/** Where the counts are: of guests, of their workloads, of sources. */
const countsOf = (document: Document): readonly Path[] =>
  LISTS.flatMap((list) =>
    itemsOf(document, list).flatMap((item) => {
      const workload = [...item, "workload"];
      return isMap(document.getIn(workload))
        ? [
            [...item, "count"],
            [...workload, "count"],
          ]
        : [[...item, "count"]];
    }),
  );

/** The boldest first. */
export const SIMPLIFICATIONS: readonly Simplification[] = [omissions, reductions, defaults];
