/** What the server answers with: a head, and the body behind it. The connection is closed after each one. */
import { type ByteSource, bytesSource, joined, NOTHING } from "../tcp/byte-source.ts";

const REASONS = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
} as const;

export type Status = keyof typeof REASONS;

export interface Body {
  readonly type: "text/plain" | "application/octet-stream";
  readonly sizeBytes: number;
  /** Undefined when only the head is asked for. */
  readonly bytes: ByteSource | undefined;
}

const latin = (text: string): ByteSource =>
  bytesSource(Uint8Array.from(text, (character) => character.charCodeAt(0)));

export function textBody(text: string, headOnly: boolean): Body {
  const bytes = latin(text);
  return { type: "text/plain", sizeBytes: bytes.sizeBytes, bytes: headOnly ? undefined : bytes };
}

export function response(status: Status, body: Body): ByteSource {
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    ...(status === 405 ? ["Allow: GET, HEAD"] : []),
    `Content-Type: ${body.type}`,
    `Content-Length: ${body.sizeBytes}`,
    "Connection: close",
  ];
  return joined(latin(`${head.join("\r\n")}\r\n\r\n`), body.bytes ?? NOTHING);
}

/** For what is not served: the reason is all that there is to read. */
export const refusal = (status: Exclude<Status, 200>, headOnly: boolean): ByteSource =>
  response(status, textBody(`${REASONS[status]}\n`, headOnly));
