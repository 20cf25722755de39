/**
 * A Linux guest with v86's own NE2000, and its peers beside it in the same thread: what the same kernel does when nothing
 * of vpio is in between, no thread, no arbiter, no card of ours.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseIpv4Address } from "../src/ethernet/ipv4.ts";
import { EchoPeer } from "../src/peers/echo.ts";
import { HttpPeer } from "../src/peers/http.ts";
import type { Peer, PeerAddress } from "../src/peers/peer.ts";
import { GuestEvents } from "../src/x86/guest-events.ts";
import { guestScript } from "../src/x86/guest-script.ts";
import { loadGuestImage } from "../src/x86/image/load.ts";
import { X86Machine } from "../src/x86/machine.ts";

const CONTROL = 1;
const EVENT_LOOP_MS = 5;

export interface OwnCardRun {
  readonly console: string;
  readonly bytes: number;
  readonly ms: number;
}

const peerAt = (name: string, ip: string, last: number): PeerAddress => ({
  name,
  mac: Uint8Array.of(0x52, 0x56, 0x50, 0xff, 0, last),
  ip: parseIpv4Address(ip) ?? 0,
});

/** Boots the image afresh, as its saved state has no card, and lets it run `commands`, the last of which fetches. */
export async function runWithOwnCard(commands: readonly string[]): Promise<OwnCardRun> {
  const { state: _, ...image } = await loadGuestImage();
  const peers: readonly Peer[] = [
    new EchoPeer(peerAt("gateway", "10.0.0.254", 1)),
    new HttpPeer(peerAt("server", "10.0.0.253", 2), { seed: 1 }),
  ];
  const beganMs = performance.now();
  const nowNs = (): number => (performance.now() - beganMs) * 1e6;
  const toGuest: Uint8Array[] = [];
  const events = new GuestEvents();
  let shown = "";
  let fetched: { readonly bytes: number; readonly ms: number } | undefined;
  let isDone = false;
  const machine = await X86Machine.create({
    ...image,
    onReset: () => {
      throw new Error("the guest has restarted itself");
    },
    onFrame: (frame) => {
      for (const peer of peers) toGuest.push(...peer.receive(frame, nowNs()));
    },
    onSerial: (port, bytes) => {
      if (port !== CONTROL) shown += new TextDecoder().decode(bytes);
      else
        for (const event of events.read(bytes)) {
          if (event.kind === "ready") {
            const address = { kind: "static", ip: "10.0.0.1", prefix: 24 } as const;
            machine.serialIn(CONTROL, guestScript({ driver: "ne2k-pci", address, commands }));
          }
          if (event.kind === "fetched") fetched = event;
          isDone ||= event.kind === "done";
        }
    },
  });
  let servedMs = performance.now();
  while (!isDone) {
    for (const peer of peers)
      if ((peer.nextNs() ?? Infinity) <= nowNs()) toGuest.push(...peer.timer(nowNs()));
    for (const frame of toGuest.splice(0)) machine.frameIn(frame);
    const idleMs = machine.runSlice();
    const isBusy = idleMs === 0 || toGuest.length > 0;
    if (isBusy && performance.now() - servedMs < EVENT_LOOP_MS) continue;
    await sleep(isBusy ? 0 : Math.min(idleMs, 1));
    servedMs = performance.now();
  }
  if (fetched === undefined) throw new Error(`nothing was fetched:\n${shown}`);
  return { console: shown, bytes: fetched.bytes, ms: fetched.ms };
}
