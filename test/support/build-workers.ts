import { buildAll } from "../../scripts/build.mjs";

/** Tests run the workers in the shape that ships: bundled, below dist/. */
export default async function setup(): Promise<void> {
  await buildAll();
}
