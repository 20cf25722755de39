/** What an image in the cache says of itself: where it comes from, and the sums of its files. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { VpioError } from "../../base/errors.ts";

export const MANIFEST_VERSION = 1;
export const MANIFEST_FILE = "manifest.json";
export const IMAGE_FILES = ["bios", "kernel", "initrd", "state"] as const;
export type ImageFile = (typeof IMAGE_FILES)[number];

const fileSchema = z.object({
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const manifestSchema = z.object({
  version: z.literal(MANIFEST_VERSION),
  key: z.string(),
  name: z.string(),
  /** Of all that vpio itself puts into an image: another recipe is another image. */
  recipe: z.string(),
  /** When, as ISO 8601. */
  built: z.string(),
  v86: z.string(),
  packages: z.record(z.string(), z.string()),
  memoryBytes: z.int().positive(),
  cmdline: z.string(),
  files: z.object({ bios: fileSchema, kernel: fileSchema, initrd: fileSchema, state: fileSchema }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type FileSum = z.infer<typeof fileSchema>;

/** Throws a GUEST_IMAGE error that names `file` when the text is no manifest. */
export function parseManifest(text: string, file: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new VpioError("GUEST_IMAGE", `${file}: found no JSON: ${why}`);
  }
  const { success, data, error } = manifestSchema.safeParse(value);
  if (success) return data;
  const issue = error.issues[0];
  throw new VpioError(
    "GUEST_IMAGE",
    `${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "no manifest"}`,
  );
}

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");

export const sumOf = (bytes: Uint8Array): FileSum => ({ bytes: bytes.length, sha256: sha256(bytes) });
