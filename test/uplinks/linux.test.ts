/** A Linux guest on a shared card, and passt behind the wire: the networks of this machine for an unmodified driver. */
import { beforeAll, expect, it } from "vitest";
import { runOnThreads } from "../../src/engine/threads.ts";
import type { GuestImage } from "../../src/x86/image/load.ts";
import { debianImage, IMAGE_LIMIT_MS } from "../support/debian-image.ts";
import { serveFile } from "../support/file-server.ts";
import { describeWith } from "../support/outside.ts";
import { whyNoPasst } from "../support/passt.ts";
import { scenarioOf } from "../support/seeded.ts";

const describeWithPasst = describeWith(whyNoPasst(), "no Linux guest has reached this machine's networks");
const FILE_BYTES = 1_000_001;
const RUN_MS = 300_000;

describeWithPasst("a Linux guest behind passt", () => {
  let image: GuestImage | undefined;
  beforeAll(async () => {
    image = await debianImage();
  }, IMAGE_LIMIT_MS);

  it("gets a lease, and a file from a server on this machine, undamaged", {
    timeout: RUN_MS,
  }, async (context) => {
    if (image === undefined) context.skip();
    const server = await serveFile(FILE_BYTES);
    // passt sends a whole window at once: it has to fit the card's ring.
    const { report } = await runOnThreads(
      scenarioOf(`
name: lease
duration: 4min
wire: { uplinks: [{ kind: passt, name: host }] }
cards: [{ name: rtl0, kind: rtl8139, receive: arrival }]
guests:
  - name: penguin
    kind: linux
    driver: 8139too
    dhcp: true
    commands:
      - echo "4096 32768 32768" > /proc/sys/net/ipv4/tcp_rmem
      - fetch http://$(ip route | awk '/^default/ { print $3 }'):${server.port}/file
  - { name: alice, workload: { kind: dhcp } }
`),
    );
    const [penguin, alice] = report.guests;
    expect(penguin?.linux?.commands.map(({ state }) => state)).toMatchObject([{ status: 0 }, { status: 0 }]);
    expect(penguin?.linux?.fetched).toMatchObject([{ bytes: FILE_BYTES, outcome: "ok" }]);
    expect(server.served()).toBe(1);
    const lease = /^lease of (\S+),/.exec(alice?.software?.workload.notes[0] ?? "")?.[1];
    expect(penguin?.linux?.address?.split("/")[0]).toBe(lease);
    expect(report.uplinks[0]?.inBytes).toBeGreaterThan(FILE_BYTES);
    await server.close();
  });
});
