/** A worker of a parallel search with a defect in its NIC. */
import { REAL_PARTS } from "../../src/check/handoff.ts";
import { serveShard } from "../../src/check/parallel/serve.ts";
import { LaxNic } from "./mutants.ts";

serveShard({ ...REAL_PARTS, Nic: LaxNic });
