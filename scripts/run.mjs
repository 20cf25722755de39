// Bundles one TypeScript program that does not ship, such as one of the tests' own, and runs it: run.mjs FILE [arguments].
import { basename } from "node:path";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
const [file = ""] = process.argv.splice(2, 1);
const outfile = `${root}dist/programs/${basename(file, ".ts")}.mjs`;
await build({
  absWorkingDir: root,
  entryPoints: [file],
  outfile,
  bundle: true,
  packages: "external",
  // It looks for the sources from where it is itself; from dist/programs the way to it is as long as from test/support.
  external: ["*/scripts/build.mjs"],
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: "inline",
  logLevel: "warning",
});
await import(outfile);
