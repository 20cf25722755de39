/** An HTTP server on this machine's loopback, for guests that fetch a file from outside. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";

export interface FileServer {
  readonly port: number;
  readonly bytes: number;
  /** Of the whole body, in hexadecimal. */
  readonly sha256: string;
  /** Bodies that have been sent to their end. */
  readonly served: () => number;
  close(): Promise<void>;
}

/** A body that is the same for the same length, and repeats nowhere: a piece that is twice or missing shows. */
function deterministicBody(bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  // A linear congruential generator of full period (Numerical Recipes, "quick and dirty").
  let word = bytes >>> 0;
  for (let at = 0; at < words.length; at++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    words[at] = word;
  }
  return Buffer.from(words.buffer).subarray(0, bytes);
}

/** Answers every GET with the same body of so many bytes; one of a name that ends with ".sha256", with its digest. */
export function serveFile(bytes: number): Promise<FileServer> {
  const body = deterministicBody(bytes);
  const sha256 = createHash("sha256").update(body).digest("hex");
  let served = 0;
  const server = createServer(({ url }, response) => {
    if (url?.endsWith(".sha256")) {
      response.end(`${sha256}  file\n`);
      return;
    }
    response.once("finish", () => {
      served++;
    });
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": bytes });
    response.end(body);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        bytes,
        sha256,
        served: () => served,
        close: () =>
          new Promise((closed) => {
            server.closeAllConnections();
            server.close(() => closed());
          }),
      });
    });
  });
}
