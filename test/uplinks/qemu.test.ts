/** Real QEMU machines on the segment. */
import { beforeAll, expect, it } from "vitest";
import type { RunOutcome, RunReport } from "../../src/engine/report.ts";
import { runOnThreads } from "../../src/engine/threads.ts";
import type { GuestImage } from "../../src/x86/image/load.ts";
import { debianImage, IMAGE_LIMIT_MS } from "../support/debian-image.ts";
import { freePort } from "../support/free-port.ts";
import { runLinuxVm, whyNoQemu } from "../support/linux-vm.ts";
import { describeWith } from "../support/outside.ts";
import { scenarioOf } from "../support/seeded.ts";

const describeWithVm = describeWith(whyNoQemu(), "no QEMU machine has been on the segment");
const VM_MS = 120_000;

const scenarioWith = (end: string) =>
  scenarioOf(`
name: lab
duration: 10min
wire:
  uplinks: [{ kind: qemu, name: lab, ${end}, hosts: [{ name: vm, ip: 10.0.0.100 }] }]
cards: [{ name: rtl0, kind: rtl8139 }]
guests:
  - { name: alice, workload: { kind: receive } }
  - { name: bob, workload: { kind: ping, to: vm, interval: 20ms, timeout: 10s } }
`);

/** Runs the scenario until the machine that `boot` starts, once the uplink is there, has switched itself off. */
async function runWithVm(
  end: string,
  boot: (report: RunReport) => Promise<string>,
): Promise<RunOutcome & { readonly shown: string }> {
  const over = new AbortController();
  let shown: Promise<string> | undefined;
  const outcome = await runOnThreads(scenarioWith(end), {
    signal: over.signal,
    onProgress: (report) => {
      if (shown !== undefined || report.uplinks[0]?.to === "") return;
      shown = boot(report);
      void shown.finally(() => over.abort());
    },
  });
  return { ...outcome, shown: (await shown) ?? "" };
}

/** Where the first uplink listens, as it says itself. */
const portOf = ({ uplinks }: RunReport): string => /:(\d+)$/.exec(uplinks[0]?.to ?? "")?.[1] ?? "";

/** Pings each guest until it has answered so often. A busy machine may lose one: a card that changes hands has its moments. */
const ANSWERS = 20;
const pingScript = (...guests: readonly string[]): string =>
  [
    "ip addr add 10.0.0.100/24 dev eth0",
    "ip link set eth0 up",
    ...guests.flatMap((ip) => [
      "n=0",
      `while [ $n -lt ${ANSWERS} ]; do ping -c 1 -W 2 ${ip} > /dev/null && n=$((n + 1)); done`,
      `echo ${ip} has answered $n times`,
    ]),
  ].join("\n");

const answered = (ip: string): string => `${ip} has answered ${ANSWERS} times`;

describeWithVm("a QEMU machine with a Linux of its own", () => {
  let image: GuestImage | undefined;
  beforeAll(async () => {
    image = await debianImage();
  }, IMAGE_LIMIT_MS);

  it("pings guests that share a card here, and is pinged by one of them", {
    timeout: 2 * VM_MS,
  }, async (context) => {
    const made = image ?? context.skip();
    const { report, shown } = await runWithVm("listen: 127.0.0.1:0", (now) =>
      runLinuxVm(
        made,
        `socket,id=n0,connect=127.0.0.1:${portOf(now)}`,
        pingScript("10.0.0.1", "10.0.0.2"),
        VM_MS,
      ),
    );
    expect(shown).toContain(answered("10.0.0.1"));
    expect(shown).toContain(answered("10.0.0.2"));
    const [alice, bob] = report.guests;
    expect(alice?.software?.kernel?.pingRepliesSent).toBeGreaterThanOrEqual(ANSWERS);
    expect(bob?.software?.kernel?.pingRepliesSent).toBeGreaterThanOrEqual(ANSWERS);
    const { receivedFrames = 0, corrupted } = bob?.software?.workload ?? {};
    expect(receivedFrames).toBeGreaterThan(0);
    expect(corrupted).toBe(0);
    expect(report.uplinks[0]).toMatchObject({ connections: 1, malformed: 0, refused: 0 });
    expect(report.uplinks[0]?.inFrames).toBeGreaterThanOrEqual(2 * ANSWERS + receivedFrames);
    expect(report.cards[0]?.handoffs).toBeGreaterThan(10);
  });

  it("may also be the one that waits: vpio connects as soon as it is there", {
    timeout: 2 * VM_MS,
  }, async (context) => {
    const made = image ?? context.skip();
    const port = await freePort();
    const server = `stream,id=n0,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port=${port}`;
    const { report, shown } = await runWithVm(`connect: "127.0.0.1:${port}", reconnect: 10ms`, () =>
      runLinuxVm(made, server, pingScript("10.0.0.1"), VM_MS),
    );
    expect(shown).toContain(answered("10.0.0.1"));
    expect(report.uplinks[0]).toMatchObject({ connections: 1, malformed: 0 });
  });
});
