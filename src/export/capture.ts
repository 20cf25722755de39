/**
 * The frames of a run as a pcapng file: one interface for each card, at its connector, and one for each guest, between its
 * kernel and its driver. A card's frames say in a comment who had the card.
 */
import type { CapturedFrame, RunOutcome } from "../engine/report.ts";
import { formatMac } from "../ethernet/mac.ts";
import { PcapngWriter } from "../ethernet/pcapng.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { hex } from "./numbers.ts";

/** The parts of the file, in order. `application`: what wrote it, such as "vpio 0.1.0". */
export function* captureChunks(
  scenario: Scenario,
  outcome: Pick<RunOutcome, "frames" | "startedAt">,
  application: string,
): Generator<Uint8Array> {
  const { cards, guests, name, mode, seed } = scenario;
  const writer = new PcapngWriter({
    application,
    comment: `${name}, mode ${mode}, seed ${seed}`,
    interfaces: [
      ...cards.map((card) => ({
        name: card.name,
        description: `${card.kind} at port ${hex(card.port)}`,
        speed: BigInt(card.rateBitsPerS),
      })),
      ...guests.map((guest) => ({ name: guest.name, description: `guest, ${formatMac(guest.mac)}` })),
    ],
  });
  yield writer.header();
  for (const frame of outcome.frames) {
    const comment = commentOf(frame, scenario);
    yield writer.packet({
      interface: frame.at.kind === "card" ? frame.at.card : cards.length + frame.at.guest,
      timestampNs: outcome.startedAt + BigInt(Math.round(frame.timestampNs)),
      bytes: frame.bytes,
      direction: frame.direction,
      ...(comment === undefined ? {} : { comment }),
    });
  }
}

/** "owner alice epoch 17", "owner nobody, overflow"; nothing for a guest's frames. */
function commentOf({ at, holder, epoch, outcome }: CapturedFrame, scenario: Scenario): string | undefined {
  if (at.kind === "guest") return undefined;
  const fate = outcome === undefined || outcome === "stored" ? "" : `, ${outcome}`;
  if (scenario.mode === "vnic") return `owner the VMM${fate}`;
  if (holder === undefined) return `owner nobody${fate}`;
  return `owner ${scenario.guests[holder]?.name ?? holder} epoch ${epoch ?? 0}${fate}`;
}
