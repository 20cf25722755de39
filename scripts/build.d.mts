import type { Plugin } from "esbuild";

/** Bundles every entry point into `outdir` (dist/ unless told). */
export function buildAll(outdir?: string, plugins?: Plugin[]): Promise<void>;
