/** Every kind of peer. */
import { EchoPeer } from "./echo.ts";
import { type HttpOptions, HttpPeer } from "./http.ts";
import type { Peer, PeerAddress } from "./peer.ts";
import { SinkPeer } from "./sink.ts";
import { type SourceOptions, SourcePeer } from "./source.ts";

export type PeerOptions =
  | ({ readonly kind: "echo" | "sink" } & PeerAddress)
  | ({ readonly kind: "source" } & PeerAddress & SourceOptions)
  | ({ readonly kind: "http" } & PeerAddress & HttpOptions);

export function makePeer(options: PeerOptions): Peer {
  switch (options.kind) {
    case "echo":
      return new EchoPeer(options);
    case "sink":
      return new SinkPeer(options);
    case "source":
      return new SourcePeer(options, options);
    case "http":
      return new HttpPeer(options, options);
  }
}
