/** Bundles every entry point into `outdir` (dist/ unless told). */
export function buildAll(outdir?: string): Promise<void>;
