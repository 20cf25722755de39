/** The loop of a worker: mail, then a piece of the actors' own work, then a wait; and now and then the event loop. */

import { NS_PER_MS } from "../base/units.ts";
import type { Actor } from "../machine/actor.ts";
import type { Mailroom } from "./mailroom.ts";

/** Steps between two looks at the mail: a revoke is seen after so many operations at the latest. */
const STEPS_PER_ROUND = 16;
/** The control plane is served at least so often. */
const EVENT_LOOP_NS = 5 * NS_PER_MS;

const eventLoopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs until `stopped()`. */
export async function runWorker(
  mailroom: Mailroom,
  actors: readonly Actor[],
  nowNs: () => number,
  stopped: () => boolean,
): Promise<void> {
  let servedNs = nowNs();
  while (!stopped()) {
    let worked = mailroom.deliver();
    for (const actor of actors) {
      for (let i = 0; i < STEPS_PER_ROUND && actor.runnable && mailroom.isEmpty; i++) {
        mailroom.step(actor);
        worked = true;
      }
      worked ||= actor.runnable;
    }
    if (!worked) mailroom.wait();
    if (nowNs() - servedNs >= EVENT_LOOP_NS) {
      await eventLoopTurn();
      servedNs = nowNs();
    }
  }
}

/**
 * The loop of a worker whose actors have sockets, and no work but what comes by mail or by a socket: the event loop turns
 * all the time, and a bell is heard at once. Runs until `stopped()`.
 */
export async function runBesideSockets(
  mailroom: Mailroom,
  _actors: readonly Actor[],
  _nowNs: () => number,
  stopped: () => boolean,
): Promise<void> {
  while (!stopped()) {
    if (mailroom.deliver()) await eventLoopTurn();
    else await mailroom.doze();
  }
}
