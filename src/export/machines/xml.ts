/** XML as it is written: elements with attributes, and text with its markup escaped. */

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark);

/** Attributes that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element, on one line when it holds nothing or a text, else with its content two columns further in. */
export function element(
  name: string,
  attributes: Attributes,
  content: string | readonly (readonly string[])[] = [],
): readonly string[] {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeXml(String(value))}"`],
  );
  const tag = `<${name}${given.join("")}`;
  if (typeof content === "string") return [`${tag}>${escapeXml(content)}</${name}>`];
  const lines = content.flat();
  if (lines.length === 0) return [`${tag}/>`];
  return [`${tag}>`, ...lines.map((line) => `  ${line}`), `</${name}>`];
}
