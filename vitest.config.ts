import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build-workers.ts"],
    testTimeout: 60_000,
    maxWorkers: 2,
    // Bundled already: to be run as they are.
    server: { deps: { external: [/\/dist\/mutants\//] } },
  },
});
