/**
 * Who may talk to the studio: a page that the studio itself has served, on this machine. A page from elsewhere must not,
 * even when it reaches the port: through a name that resolves to the loopback address, or with a form.
 */
import type { IncomingHttpHeaders } from "node:http";

/** Why a request is refused; undefined when it is not. */
export function refusal(method: string, headers: IncomingHttpHeaders, port: number): string | undefined {
  const own = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`);
  const { host, origin } = headers;
  if (host === undefined || !own.includes(host))
    return `Host is '${host ?? ""}', expected ${own[0]}: the studio is for this machine only`;
  const origins = own.map((name) => `http://${name}`);
  if (origin !== undefined && !origins.includes(origin))
    return `Origin is '${origin}', expected ${origins[0]}: another site has no business here`;
  if (headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] !== "navigate")
    return "the request comes from another site, which has no business here";
  if (method === "POST" && origin === undefined)
    return `a command needs an Origin, expected ${origins[0]}: commands come from the studio's own page`;
  return undefined;
}
