/** `npm run bench`: every figure of the documentation, measured anew. */
import { modesBench, modesTable } from "./modes.ts";
import { benchNumbers } from "./numbers.ts";
import { schedulersBench, schedulersTable } from "./schedulers.ts";
import { transportBench, transportTable } from "./transport.ts";

benchNumbers("bench", "Round trips, schedules and frames per second, exits per packet; takes none.", []);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

say(
  "Round trips between two threads, by transport; and of a port read of a guest, over two threads and three",
);
say(transportTable(await transportBench()));
say(
  "\nSchedules and operations per second: a toy of the handoff on our engine and on fast-check's, and a scenario",
);
say(schedulersTable(await schedulersBench()));
say("\nOne guest, three modes, both cards (link 100 Mbit/s, frames of 1,442 bytes)");
say(
  modesTable(
    await modesBench((row) => void process.stderr.write(`${row.card} ${row.direction} ${row.mode}\n`)),
  ),
);
say(`
The paper's figures 7 and 8 count exits per packet, acknowledgements and all, of TCP between real machines; ours is UDP one
way. Its figure 9 (hooked share of the NE2000's port I/O: Linux ssh 34.8%, small download 32.9%, large download 28.6%)
belongs beside "hooked ops"; the workshop version's 0.74% to 13.8% beside "hooked units": they count string I/O differently.`);
