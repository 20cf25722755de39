/** Takes everything, checks the probes in it, and answers nothing but ARP and ping (RFC 863). */
import { BasePeer, type PeerAddress } from "./peer.ts";

export class SinkPeer extends BasePeer {
  constructor(address: PeerAddress) {
    super("sink", address);
  }
}
