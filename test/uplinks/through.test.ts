/** A whole network: a QEMU machine on one uplink, passt on another, and the wire of a scenario between them. */
import { spawnSync } from "node:child_process";
import { beforeAll, expect, it } from "vitest";
import { runOnThreads } from "../../src/engine/threads.ts";
import { serveFile } from "../support/file-server.ts";
import { prepareLinuxVm, runLinuxVm, whyNoLinuxVm } from "../support/linux-vm.ts";
import { describeWith } from "../support/outside.ts";
import { scenarioOf } from "../support/seeded.ts";

const noPasst =
  spawnSync("passt", ["--version"], { stdio: "ignore" }).status === 0 ? undefined : "passt is not installed";
const describeWithBoth = describeWith(whyNoLinuxVm() ?? noPasst, "no file has come through the wire");
const VM_MS = 120_000;
const FILE_BYTES = 3_000_001;

describeWithBoth("a QEMU machine behind one uplink", () => {
  beforeAll(prepareLinuxVm, 5 * VM_MS);

  it("gets an address and a file from behind another, undamaged", { timeout: 2 * VM_MS }, async () => {
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
        shown = runLinuxVm(`socket,id=n0,connect=127.0.0.1:${port}`, scriptFor(server.port), VM_MS);
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

/** Gets a lease, and the file of a server on the host's loopback, which is at the router's address. */
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
wget -q -O - http://$(cat /router):${port}/ | sha256sum
`;
