/** A whole network: a QEMU machine on one uplink, passt on another, and the wire of a scenario between them. */
import { beforeAll, expect, it } from "vitest";
import { runOnThreads } from "../../src/engine/threads.ts";
import type { GuestImage } from "../../src/x86/image/load.ts";
import { debianImage, IMAGE_LIMIT_MS } from "../support/debian-image.ts";
import { serveFile } from "../support/file-server.ts";
import { runLinuxVm, whyNoQemu } from "../support/linux-vm.ts";
import { describeWith } from "../support/outside.ts";
import { whyNoPasst } from "../support/passt.ts";
import { scenarioOf } from "../support/seeded.ts";

const describeWithBoth = describeWith(whyNoQemu() ?? whyNoPasst(), "no file has come through the wire");
const VM_MS = 120_000;
const FILE_BYTES = 3_000_001;

describeWithBoth("a QEMU machine behind one uplink", () => {
  let image: GuestImage | undefined;
  beforeAll(async () => {
    image = await debianImage();
  }, IMAGE_LIMIT_MS);

  it("gets an address and a file from behind another, undamaged", { timeout: 2 * VM_MS }, async (context) => {
    const made = image ?? context.skip();
    const server = await serveFile(FILE_BYTES);
    const scenario = scenarioOf(`
name: through
duration: 10min
wire: { uplinks: [{ kind: qemu, name: lab, listen: 127.0.0.1:0 }, { kind: passt, name: host }] }
cards: [{ name: rtl0, kind: rtl8139 }]
guests: [{ name: alice, workload: { kind: receive } }]
`);
    const over = new AbortController();
    let shown: Promise<string> | undefined;
    const { report } = await runOnThreads(scenario, {
      signal: over.signal,
      onProgress: ({ uplinks }) => {
        const port = /:(\d+)$/.exec(uplinks[0]?.to ?? "")?.[1];
        if (shown !== undefined || port === undefined) return;
        shown = runLinuxVm(made, `socket,id=n0,connect=127.0.0.1:${port}`, scriptFor(server.port), VM_MS);
        void shown.finally(() => over.abort());
      },
    });
    expect(await shown).toContain(`${server.sha256}  -`);
    expect(server.served()).toBe(1);
    const [lab, host] = report.uplinks;
    expect(lab?.outBytes).toBeGreaterThan(FILE_BYTES);
    expect(host?.inBytes).toBeGreaterThan(FILE_BYTES);
    expect([lab?.malformed, host?.malformed, host?.dropped.oversize]).toEqual([0, 0, 0]);
    await server.close();
  });
});

/**
 * Gets a lease, and the file of a server on the host's loopback, which is at the router's address. passt sends a whole
 * window at once: it has to fit the ring of an NE2000.
 */
const scriptFor = (port: number): string => `
cat > /lease << 'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev eth0
ip route add default via $router
echo $router > /router
END
chmod +x /lease
ip link set eth0 up
udhcpc -i eth0 -n -q -s /lease
echo "4096 16384 16384" > /proc/sys/net/ipv4/tcp_rmem
wget -q -O - http://$(cat /router):${port}/ | sha256sum
`;
