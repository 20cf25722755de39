/** What can be fetched: a page that says so, files of every size, and their digests. */

export const MAX_FILE_BYTES = 64 * 2 ** 20;

export type File =
  | { readonly kind: "page" }
  | { readonly kind: "pattern"; readonly sizeBytes: number }
  | { readonly kind: "digest"; readonly sizeBytes: number };

/** "/1024" is a file of 1,024 bytes, "/1024.sha256" its digest; undefined when there is no such file. */
export function fileAt(path: string): File | undefined {
  if (path === "/") return { kind: "page" };
  const [, digits, digest] = /^\/(0|[1-9]\d{0,8})(\.sha256)?$/.exec(path) ?? [];
  const sizeBytes = Number(digits);
  if (digits === undefined || sizeBytes > MAX_FILE_BYTES) return undefined;
  return { kind: digest === undefined ? "pattern" : "digest", sizeBytes };
}

export const PAGE = `GET /BYTES         a file of so many bytes, ${MAX_FILE_BYTES} at most
GET /BYTES.sha256  its digest, as sha256sum writes and checks it

For example:
  wget http://SERVER/5242880 http://SERVER/5242880.sha256
  sha256sum -c 5242880.sha256
`;

/** A line as sha256sum writes it; as long whatever the digest is. */
export const digestLine = (digest: string, sizeBytes: number): string => `${digest}  ${sizeBytes}\n`;

export const DIGEST_DIGITS = 64;
