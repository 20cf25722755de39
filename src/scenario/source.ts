/** The text of a scenario as YAML 1.2: its plain value, and where in the file each part of it is written. */
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  visit,
  type YAMLMap,
} from "yaml";
import type { Place } from "../base/errors.ts";
import { type Problem, ScenarioError } from "./errors.ts";
import { quote } from "./suggest.ts";

/** The keys and indices that lead from the top to one value. */
export type Path = readonly PropertyKey[];

/** More than 64 guests take; it bounds the time that a file handed in by somebody else can cost. */
const MAX_CHARACTERS = 64 * 1024;
/** A scenario needs 5. The composer recurses, and deep recursion can take the whole process down. */
const MAX_DEPTH = 64;
/** Aliases in the file, and nodes they may stand for: without a bound a few lines expand to gigabytes. */
const MAX_ALIASES = 256;

export class Source {
  readonly file: string;
  /** The value as plain data; null when the file is empty. */
  readonly value: unknown;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  /** The pairs of each map that was looked into, by key. */
  readonly #pairs = new Map<YAMLMap, ReadonlyMap<PropertyKey | undefined, Pair>>();

  /** Throws a ScenarioError when the text is no YAML, or more of it than a scenario can need. */
  constructor(text: string, file: string) {
    this.file = file;
    this.#document = this.#compose(text);
    this.value = this.#expand();
  }

  /** Where the value at `path` is written; of one that is not there, where the map is that lacks it. */
  placeOf(path: Path): Place {
    for (let length = path.length; length > 0; length--) {
      const node = this.#node(path.slice(0, length));
      if (node !== undefined) return this.#place(node.range?.[0] ?? 0);
    }
    return this.#place(this.#document.contents?.range?.[0] ?? 0);
  }

  /** Where the last key of `path` is written. */
  placeOfKey(path: Path): Place {
    const parent = this.#resolved(this.#node(path.slice(0, -1)));
    const key = isMap(parent)
      ? parent.items.find((pair) => keyText(pair.key) === path.at(-1))?.key
      : undefined;
    const range = (key as Node | undefined)?.range;
    return range ? this.#place(range[0]) : this.placeOf(path);
  }

  /** True when something is written at `path`, if only nothing after its key. */
  has(path: Path): boolean {
    return this.#node(path) !== undefined;
  }

  /** What is written at `path`, for a message. */
  describe(path: Path): string {
    const node = this.#resolved(this.#node(path));
    if (isMap(node)) return "a map";
    if (isSeq(node)) return node.items.length === 0 ? "an empty list" : `a list of ${node.items.length}`;
    if (!isScalar(node) || node.value === null) return "nothing";
    return typeof node.value === "string" ? quote(node.value) : (node.source ?? String(node.value));
  }

  #compose(text: string): Document.Parsed {
    if (text.length > MAX_CHARACTERS) {
      this.#refuse(0, `found ${text.length} characters, expected at most ${MAX_CHARACTERS}`);
    }
    const tokens = [...new Parser(this.#lines.addNewLine).parse(text)];
    this.#boundDepth(tokens);
    const composer = new Composer({ logLevel: "silent", prettyErrors: false, uniqueKeys: false });
    const [document, second] = [...composer.compose(tokens, true, text.length)];
    if (document === undefined) return this.#refuse(0, "found no YAML document, expected one");
    if (second) this.#refuse(second.range[0], "found a second YAML document, expected one");
    const problems = [...document.errors, ...document.warnings].map((error) =>
      this.#problem(error.pos[0], `not YAML: ${error.message}`),
    );
    problems.push(...this.#duplicateKeys(document), ...this.#danglingAliases(document));
    const [first, ...others] = problems;
    if (first) throw new ScenarioError([first, ...others]);
    return document as Document.Parsed;
  }

  #boundDepth(tokens: readonly CST.Token[]): void {
    let level: readonly CST.Token[] = tokens;
    for (let depth = 0; level.length > 0; depth++) {
      const [first] = level;
      if (depth > MAX_DEPTH && first) {
        this.#refuse(first.offset, `found a value nested more than ${MAX_DEPTH} deep`);
      }
      level = level.flatMap(children);
    }
  }

  /** The composer's own check takes a time quadratic in the number of keys. */
  #duplicateKeys(document: Document): Problem[] {
    const problems: Problem[] = [];
    visit(document, {
      Map: (_, map) => {
        const seen = new Set<string>();
        for (const pair of map.items) {
          const key = keyText(pair.key);
          const at = (pair.key as Node | null)?.range?.[0] ?? 0;
          if (key === undefined) problems.push(this.#problem(at, "found a key that is no text"));
          else if (seen.has(key))
            problems.push(this.#problem(at, `found key ${quote(key)} twice in one map`));
          else seen.add(key);
        }
      },
    });
    return problems;
  }

  #danglingAliases(document: Document): Problem[] {
    const aliases: Alias[] = [];
    visit(document, { Alias: (_, alias) => void aliases.push(alias) });
    const [first] = aliases;
    if (first && aliases.length > MAX_ALIASES) {
      const message = `found ${aliases.length} aliases, expected at most ${MAX_ALIASES}`;
      return [this.#problem(first.range?.[0] ?? 0, message)];
    }
    return aliases
      .filter((alias) => alias.resolve(document) === undefined)
      .map(({ range, source }) =>
        this.#problem(
          range?.[0] ?? 0,
          `found alias '*${source}', expected its anchor '&${source}' before it`,
        ),
      );
  }

  /** The library refuses only aliases that stand for too much; the first one's place has to do. */
  #expand(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch {
      let offset = 0;
      visit(this.#document, {
        Alias: (_, alias) => {
          offset = alias.range?.[0] ?? 0;
          return visit.BREAK;
        },
      });
      return this.#refuse(offset, `found aliases that stand for more than ${MAX_ALIASES} values`);
    }
  }

  #node(path: Path): Node | undefined {
    let node: unknown = this.#document.contents ?? undefined;
    for (const key of path) {
      const parent = this.#resolved(node);
      if (isMap(parent)) node = this.#pair(parent, key)?.value;
      else if (isSeq(parent) && typeof key === "number") node = parent.items[key];
      else return undefined;
    }
    return (node ?? undefined) as Node | undefined;
  }

  #pair(map: YAMLMap, key: PropertyKey | undefined): Pair | undefined {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map(map.items.map((pair) => [keyText(pair.key), pair]));
      this.#pairs.set(map, pairs);
    }
    return pairs.get(key);
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #problem(offset: number, message: string): Problem {
    return { place: this.#place(offset), message };
  }

  #refuse(offset: number, message: string): never {
    throw new ScenarioError([this.#problem(offset, message)]);
  }
}

/** The key as plain data has it; undefined when it is a map or a list. */
const keyText = (key: unknown): string | undefined => (isScalar(key) ? String(key.value ?? "") : undefined);

/** The tokens right below one in the syntax tree. */
function children(token: CST.Token): readonly CST.Token[] {
  switch (token.type) {
    case "document":
      return token.value ? [token.value] : [];
    case "block-map":
    case "block-seq":
    case "flow-collection":
      return token.items.flatMap((item) => [item.key, item.value].filter((part) => part != null));
    default:
      return [];
  }
}
