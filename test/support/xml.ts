/** A strict reader of the XML that vpio writes: whatever is not well-formed is an error. No entities of its own, no CDATA. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own, without that of its children. */
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const NAME = "[A-Za-z_][A-Za-z0-9_.:-]*";
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`);

function unescaped(text: string): string {
  if (/[<>]/.test(text)) throw new Error(`found a bare < or > in "${text}"`);
  return text.replace(/&([^;&\s]*);?/g, (whole, name: string) => {
    const known = whole.endsWith(";") ? ENTITIES[name] : undefined;
    if (known === undefined) throw new Error(`found no such entity: ${whole}`);
    return known;
  });
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(new RegExp(`(${NAME})="([^"]*)"`, "g"))) {
    if (attributes.has(name)) throw new Error(`found ${name} twice`);
    attributes.set(name, unescaped(value));
  }
  return attributes;
}

/** The root element. Throws where the text is not well-formed. */
export function parseXml(text: string): XmlElement {
  let rest = text.replace(/^<\?xml version="1\.0"[^?]*\?>\s*/, "");
  const document: Open = { name: "", attributes: new Map(), children: [], text: "" };
  const open: Open[] = [document];
  while (rest !== "") {
    const inner = open.at(-1) ?? document;
    const plain = /^[^<]+/.exec(rest)?.[0];
    if (plain !== undefined) {
      inner.text += unescaped(plain);
      rest = rest.slice(plain.length);
      continue;
    }
    const [tag = "", slash, name = "", attributes = "", closed] = TAG.exec(rest) ?? [];
    if (tag === "") throw new Error(`found no tag at "${rest.slice(0, 40)}"`);
    rest = rest.slice(tag.length);
    if (slash === "/") {
      if (inner.name !== name) throw new Error(`found </${name}>, expected </${inner.name}>`);
      open.pop();
      continue;
    }
    const element: Open = { name, attributes: attributesOf(attributes), children: [], text: "" };
    inner.children.push(element);
    if (closed !== "/") open.push(element);
  }
  const [root, ...more] = document.children;
  if (root === undefined || more.length > 0 || open.length !== 1 || document.text.trim() !== "")
    throw new Error("expected one root element, closed");
  return root;
}

/** An element and all that it holds, parents first. */
export const elementsOf = (element: XmlElement): readonly XmlElement[] => [
  element,
  ...element.children.flatMap(elementsOf),
];
