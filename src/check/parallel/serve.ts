/** The inside of a worker thread of `vpio check --jobs`. */
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../base/errors.ts";
import type { Parts } from "../handoff.ts";
import type { FromShard, ShardBrief, ToShard } from "./protocol.ts";
import { Shard } from "./shard.ts";

/** Answers the coordinator until it says that it is over. */
export function serveShard(parts: Parts): void {
  const port = parentPort;
  invariant(port !== null, "a shard runs in a worker");
  const shard = new Shard(workerData as ShardBrief, parts);
  const say = (answer: FromShard): void => port.postMessage(answer);
  port.on("message", async (message: ToShard) => {
    switch (message.type) {
      case "expand":
        return say(await shard.expand());
      case "describe":
        return say(shard.describe(message.index));
      case "end":
        return say({ type: "coverage", pairs: shard.coverage });
    }
  });
}
