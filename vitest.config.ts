import { defineConfig } from "vitest/config";

export default defineConfig({
  // What plug-ins import, from the sources: their tests run on the code that is being changed.
  resolve: { alias: { "vpio/device": new URL("src/devices/public.ts", import.meta.url).pathname } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build-workers.ts"],
    testTimeout: 60_000,
    maxWorkers: 2,
    // Bundled already: to be run as they are.
    server: { deps: { external: [/\/dist\/mutants\//] } },
  },
});
