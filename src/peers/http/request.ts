/** The heads of HTTP requests (RFC 9112), as far as a server of files must understand them. */

export type Request =
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed" }
  | { readonly kind: "unsupported" }
  | { readonly kind: "get"; readonly path: string; readonly headOnly: boolean };

/** A longer head is refused. */
export const MAX_HEAD_CHARACTERS = 8192;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) (\\S+) HTTP/1\\.([01])$`);
const FIELD = new RegExp(`^(${TOKEN}):`);

/** `text`: what has come so far, a character for each byte. Lines may end without a carriage return. */
export function parseRequest(text: string): Request {
  const end = /\r?\n\r?\n/.exec(text);
  if ((end?.index ?? text.length) > MAX_HEAD_CHARACTERS) return { kind: "malformed" };
  if (end === null) return { kind: "incomplete" };
  const [first = "", ...fields] = text.slice(0, end.index).split(/\r?\n/);
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? [];
  const names = fields.map((field) => FIELD.exec(field)?.[1]?.toLowerCase());
  if (method === undefined || target === undefined || names.includes(undefined)) return { kind: "malformed" };
  const hosts = names.filter((name) => name === "host").length;
  if (minor === "1" && hosts !== 1) return { kind: "malformed" };
  if (method !== "GET" && method !== "HEAD") return { kind: "unsupported" };
  return { kind: "get", path: pathOf(target), headOnly: method === "HEAD" };
}

/** What a proxy would be asked for names the server too. */
const pathOf = (target: string): string => target.replace(/^http:\/\/[^/]*/i, "") || "/";
