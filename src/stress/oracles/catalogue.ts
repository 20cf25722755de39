/** Every oracle that watches a run: a new one is one file and one row. Property 8 is checked by running a seed twice. */
import { dma } from "./dma.ts";
import { drivers } from "./drivers.ts";
import { frames } from "./frames.ts";
import { interrupts } from "./interrupts.ts";
import type { Oracle } from "./oracle.ts";
import { ownership } from "./ownership.ts";
import { progress } from "./progress.ts";
import { reusable } from "./reusable.ts";
import { segment } from "./segment.ts";
import { twin } from "./twin.ts";

export const ORACLES: readonly Oracle[] = [
  ownership,
  reusable,
  dma,
  twin,
  drivers,
  frames,
  segment,
  interrupts,
  progress,
];
