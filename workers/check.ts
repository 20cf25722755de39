/** A worker of `vpio check --jobs`: its share of the states. */
import { REAL_PARTS } from "../src/check/handoff.ts";
import { serveShard } from "../src/check/parallel/serve.ts";

serveShard(REAL_PARTS);
