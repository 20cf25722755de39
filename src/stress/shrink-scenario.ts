/** Smaller versions of a scenario's text: fewer guests, cards and peers, and less for each of them to do. */
import { type Document, isMap, isSeq, parseDocument } from "yaml";

type Path = readonly (string | number)[];

/** Lists whose items may be left out. */
const LISTS: readonly Path[] = [["guests"], ["wire", "peers"], ["cards"]];

/** Each by one thing smaller than `text`, the boldest first. They may be no valid scenarios. */
export function* smallerScenarios(text: string): Generator<string> {
  const document = parseDocument(text);
  for (const list of LISTS) {
    for (let i = lengthOf(document, list) - 1; i >= 0; i--)
      yield changed(text, (copy) => void copy.deleteIn([...list, i]));
  }
  for (const path of countsOf(document)) {
    const count = document.getIn(path);
    if (typeof count !== "number" || count <= 1) continue;
    yield changed(text, (copy) => copy.setIn(path, 1));
    if (count > 2) yield changed(text, (copy) => copy.setIn(path, Math.floor(count / 2)));
    if (count > 4) yield changed(text, (copy) => copy.setIn(path, count - 1));
  }
}

function changed(text: string, change: (copy: Document) => void): string {
  const copy = parseDocument(text);
  change(copy);
  return copy.toString();
}

function lengthOf(document: Document, list: Path): number {
  const node = document.getIn(list);
  return isSeq(node) ? node.items.length : 0;
}

/** Where the counts are: of guests, of their workloads, of sources. */
function countsOf(document: Document): readonly Path[] {
  return LISTS.flatMap((list) =>
    Array.from({ length: lengthOf(document, list) }, (_, i) => [...list, i]).flatMap((item) => {
      const own = [...item, "count"];
      const workload = [...item, "workload"];
      return isMap(document.getIn(workload)) ? [own, [...workload, "count"]] : [own];
    }),
  );
}
