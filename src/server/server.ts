/** Serves the studio on the loopback address: the application, a stream of what happens, and commands. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { VpioError } from "../base/errors.ts";
import { readCommand } from "./command-reader.ts";
import { Connection } from "./connection.ts";
import { refusal } from "./guard.ts";
import { type Bundle, SERVED_POLICY, servedPage } from "./page.ts";
import type { Session } from "./session.ts";

const LOOPBACK = "127.0.0.1";
const MAX_COMMAND_BYTES = 65_536;

const HEADERS = {
  "content-security-policy": SERVED_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

export interface StudioServer {
  readonly url: string;
  readonly port: number;
  /** Ends the streams that are open, and the server. */
  close(): Promise<void>;
}

/** `port` 0: any that is free. Throws a USAGE error when it is taken. */
export async function serveStudio(session: Session, bundle: Bundle, port: number): Promise<StudioServer> {
  const server = createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    void answer(request, response, own, session, bundle);
  });
  await listening(server, port);
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${own}/`,
    port: own,
    close: async () => {
      session.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "somebody else has it: try another --port" : error.message;
      reject(new VpioError("USAGE", `port ${port}: ${why}`));
    });
    server.listen(port, LOOPBACK, resolve);
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  session: Session,
  bundle: Bundle,
): Promise<void> {
  const { method = "", headers } = request;
  const refused = refusal(method, headers, port);
  if (refused !== undefined) return say(response, 403, "text/plain", `${refused}\n`);
  // Not parsed as a URL: that throws at what is none, such as "//".
  const [pathname = ""] = (request.url ?? "").split("?", 1);
  switch (`${method} ${pathname}`) {
    case "GET /":
      return say(response, 200, "text/html", servedPage());
    case "GET /main.js":
      return say(response, 200, "text/javascript", bundle.script);
    case "GET /main.css":
      return say(response, 200, "text/css", bundle.style);
    case "GET /stream":
      response.writeHead(200, { ...HEADERS, "content-type": "application/octet-stream" });
      void new Connection(session, response);
      return;
    case "POST /command":
      return obey(request, response, session);
    default:
      return say(response, 404, "text/plain", `${method} ${pathname}: there is no such thing here\n`);
  }
}

async function obey(request: IncomingMessage, response: ServerResponse, session: Session): Promise<void> {
  try {
    session.command(readCommand(await bodyOf(request)));
    say(response, 200, "application/json", JSON.stringify({ length: session.trace.length }));
  } catch (error) {
    const usage = error instanceof VpioError && error.code === "USAGE";
    const message = error instanceof Error ? error.message : String(error);
    say(response, usage ? 400 : 500, "application/json", JSON.stringify({ error: message }));
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_COMMAND_BYTES) throw new VpioError("USAGE", "that is too long for a command");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function say(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": `${type}; charset=utf-8` });
  response.end(body);
}
