/** Builds an uplink of a scenario with its socket. */
import { UplinkActor, type UplinkActorReport, type UplinkLink } from "../../actors/uplink-body.ts";
import { NS_PER_S } from "../base/units.ts";
import type { Ports } from "../machine/actor.ts";
import type { Uplink } from "../scenario/scenario.ts";
import { DiallingLink, socketDial } from "./uplinks/dialler.ts";
import { endpointText } from "./uplinks/endpoint-text.ts";
import { ListeningLink } from "./uplinks/listener.ts";
import { expectPasst, PasstProcesses } from "./uplinks/passt.ts";

/** It never waits longer before it connects again, unless the scenario begins with more. */
const MAX_RECONNECT_NS = 5 * NS_PER_S;

export interface UplinkSnapshot extends UplinkActorReport {
  /** "listens at 127.0.0.1:5555": who is at the other end, and how it gets there. */
  readonly to: string;
}

export interface BuiltUplink {
  readonly actor: UplinkActor;
  begin(): void;
  /** Nothing comes in any more. */
  hush(): void;
  /** Hangs up, and gives everything back. */
  end(): Promise<void>;
  snapshot(): UplinkSnapshot;
}

interface LinkParts {
  readonly link: UplinkLink & { observe(observer: UplinkActor): void };
  readonly to: string;
  readonly dials: boolean;
  readonly ended: () => Promise<void>;
}

/** Throws a USAGE error when it can never work here. */
export async function buildUplink(uplink: Uplink, ports: Ports): Promise<BuiltUplink> {
  const { id, reconnectNs, bufferFrames } = uplink;
  // passt of 2023 adds the padding of an acknowledgement to the stream, and the connection ends.
  const stripsPadding = uplink.to.kind === "passt" || uplink.to.kind === "passt-socket";
  const { link, to, dials, ended } = await linkOf(uplink);
  const actor = new UplinkActor({
    id,
    ports,
    link,
    dials,
    retryNs: reconnectNs,
    maxRetryNs: MAX_RECONNECT_NS,
    bufferFrames,
    stripsPadding,
  });
  link.observe(actor);
  return {
    actor,
    begin: () => actor.start(),
    hush: () => actor.hush(),
    end: async () => {
      actor.close();
      await ended();
    },
    snapshot: () => ({ ...actor.report(), to }),
  };
}

const atOnce = async (): Promise<void> => undefined;

async function linkOf({ name, to }: Uplink): Promise<LinkParts> {
  switch (to.kind) {
    case "listen": {
      const link = await ListeningLink.listen(to.at, name);
      return { link, to: `listens at ${link.endpoint}`, dials: false, ended: atOnce };
    }
    case "connect": {
      const link = new DiallingLink(socketDial(to.at));
      return { link, to: `connects to ${endpointText(to.at)}`, dials: true, ended: atOnce };
    }
    case "passt-socket": {
      const link = new DiallingLink(socketDial({ path: to.path }));
      return { link, to: `passt at ${to.path}`, dials: true, ended: atOnce };
    }
    case "passt": {
      await expectPasst(name);
      const processes = new PasstProcesses();
      const link = new DiallingLink(processes.dial);
      return { link, to: "passt", dials: true, ended: () => processes.ended() };
    }
  }
}
