/** Uplinks of whole runs, whose other end is a test. */
import { describe, expect, it } from "vitest";
import type { RunReport, UplinkReport } from "../../src/engine/report.ts";
import { runOnThreads } from "../../src/engine/threads.ts";
import { type ArpPacket, parseArp } from "../../src/ethernet/arp.ts";
import { ETHERTYPE, parseEthernet } from "../../src/ethernet/ethernet.ts";
import { arpReplyFrame, arpRequestFrame, padFrame } from "../../src/ethernet/host.ts";
import { freePort } from "../support/free-port.ts";
import { ListeningPartner, Partner } from "../support/partner.ts";
import { scenarioOf } from "../support/seeded.ts";

const OUTSIDER = { mac: new Uint8Array([2, 0, 0, 0, 0, 9]), ip: 0x0a00_0064 };
const ALICE_IP = 0x0a00_0001;
const NOT_A_FRAME = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

const scenarioWith = (end: string, workload = "{ kind: receive }") =>
  scenarioOf(`
name: outside
duration: 10min
wire:
  uplinks: [{ kind: qemu, name: lab, ${end}, hosts: [{ name: vm, ip: 10.0.0.100 }] }]
cards: [{ name: rtl0, kind: rtl8139 }]
guests: [{ name: alice, workload: ${workload} }]
`);

/** A run, and what the test makes of it meanwhile. */
async function runWith(
  scenario: ReturnType<typeof scenarioOf>,
  test: (progress: Progress) => Promise<void>,
): Promise<UplinkReport> {
  const over = new AbortController();
  const progress = new Progress();
  const run = runOnThreads(scenario, { signal: over.signal, onProgress: progress.show });
  const failed = run.then(
    () => undefined,
    (error: unknown) => Promise.reject(error),
  );
  try {
    await Promise.race([test(progress), failed]);
  } finally {
    over.abort();
  }
  const [uplink] = (await run).report.uplinks;
  if (uplink === undefined) throw new Error("there is an uplink");
  return uplink;
}

/** What a run says of its uplink, as it goes on. */
class Progress {
  #onShow: ((uplink: UplinkReport) => void) | undefined;

  readonly show = ({ uplinks: [uplink] }: RunReport): void => {
    if (uplink !== undefined) this.#onShow?.(uplink);
  };

  /** Waits until this holds. */
  until(holds: (uplink: UplinkReport) => boolean): Promise<UplinkReport> {
    return new Promise((resolve) => {
      this.#onShow = (uplink) => {
        if (holds(uplink)) resolve(uplink);
      };
    });
  }

  /** The port that it listens on. */
  async port(): Promise<number> {
    const { to } = await this.until((uplink) => uplink.to !== "");
    return Number(to.split(":").at(-1));
  }
}

/** Asks alice for her address until she answers: her driver may not be there yet. */
async function askAlice(partner: Partner): Promise<void> {
  const timer = setInterval(() => partner.send(padFrame(arpRequestFrame(OUTSIDER, ALICE_IP))), 20);
  try {
    await partner.until(isAliceAnswer);
  } finally {
    clearInterval(timer);
  }
}

function isAliceAnswer(bytes: Uint8Array): boolean {
  const packet = arpIn(bytes);
  return packet?.operation === "reply" && packet.senderIp === ALICE_IP;
}

function arpIn(bytes: Uint8Array): ArpPacket | undefined {
  const frame = parseEthernet(bytes);
  return frame?.etherType === ETHERTYPE.arp ? parseArp(frame.payload) : undefined;
}

describe("an uplink that listens", () => {
  it("joins who comes with the segment; when that one goes the next may come", async () => {
    const uplink = await runWith(scenarioWith("listen: 127.0.0.1:0"), async (progress) => {
      const port = await progress.port();
      for (let n = 0; n < 3; n++) {
        const partner = await Partner.dial(port);
        await askAlice(partner);
        partner.close();
        await progress.until(
          ({ stateName, connections }) => stateName === "seeking" && connections === n + 1,
        );
      }
    });
    expect(uplink).toMatchObject({ connections: 3, refused: 0, malformed: 0 });
    expect(uplink.outFrames).toBeGreaterThanOrEqual(3);
  });

  it("has one at a time: a second is sent away, and counted, and the first stays", async () => {
    const uplink = await runWith(scenarioWith("listen: 127.0.0.1:0"), async (progress) => {
      const port = await progress.port();
      const first = await Partner.dial(port);
      await askAlice(first);
      const second = await Partner.dial(port);
      await second.closed;
      first.frames.length = 0;
      await askAlice(first);
    });
    expect(uplink).toMatchObject({ stateName: "connected", connections: 1, refused: 1 });
  });

  it("hangs up on who sends no frames, and lets the next one in", async () => {
    const uplink = await runWith(scenarioWith("listen: 127.0.0.1:0"), async (progress) => {
      const port = await progress.port();
      const first = await Partner.dial(port);
      first.socket.write(NOT_A_FRAME);
      await first.closed;
      await askAlice(await Partner.dial(port));
    });
    expect(uplink).toMatchObject({ connections: 2, malformed: 1 });
  });

  it("counts what is no Ethernet frame, and goes on", async () => {
    const uplink = await runWith(scenarioWith("listen: 127.0.0.1:0"), async (progress) => {
      const partner = await Partner.dial(await progress.port());
      partner.send(new Uint8Array(13), new Uint8Array(1519), new Uint8Array(60_000));
      await askAlice(partner);
    });
    expect(uplink).toMatchObject({ malformed: 0, dropped: { runt: 1, oversize: 2 } });
  });

  it("drops, and counts, what a partner does not read", async () => {
    const flood = "{ kind: stream, to: vm, size: 1472 }";
    const uplink = await runWith(scenarioWith("listen: 127.0.0.1:0, buffer: 1", flood), async (progress) => {
      const partner = await Partner.dial(await progress.port());
      const request = arpIn(await partner.until((bytes) => arpIn(bytes)?.targetIp === OUTSIDER.ip));
      const answer = request && arpReplyFrame(OUTSIDER, request);
      partner.socket.pause();
      if (answer !== undefined) partner.send(padFrame(answer));
      await progress.until(({ dropped }) => dropped.bufferFull > 10);
    });
    expect(uplink.stateName).toBe("connected");
    expect(uplink.dropped.bufferFull).toBeGreaterThan(10);
  });

  it("takes a port that is taken for the mistake that it is", async () => {
    const taken = await ListeningPartner.listen();
    await expect(runOnThreads(scenarioWith(`listen: "127.0.0.1:${taken.port}"`))).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(/^uplink lab: found no way to listen \(.*EADDRINUSE/),
    });
    taken.close();
  });

  it("gives its port back at the end, and hangs up", async () => {
    let port = 0;
    let partner: Partner | undefined;
    await runWith(scenarioWith("listen: 127.0.0.1:0"), async (progress) => {
      port = await progress.port();
      partner = await Partner.dial(port);
      await askAlice(partner);
    });
    await partner?.closed;
    (await ListeningPartner.listen(port)).close();
  });
});

describe("an uplink that connects", () => {
  it("goes on trying until somebody is there, and again when that one has gone", async () => {
    const port = await freePort();
    const end = `connect: "127.0.0.1:${port}", reconnect: 5ms`;
    const uplink = await runWith(scenarioWith(end), async (progress) => {
      await progress.until(({ problem }) => problem?.includes("ECONNREFUSED") === true);
      const server = await ListeningPartner.listen(port);
      for (let n = 0; n < 3; n++) {
        const partner = await server.next();
        await askAlice(partner);
        partner.close();
      }
      await askAlice(await server.next());
      server.close();
    });
    expect(uplink).toMatchObject({ stateName: "connected", connections: 4, problem: undefined });
  });

  it("does not keep a run from its end when nobody ever comes", async () => {
    const uplink = await runWith(
      scenarioWith(`connect: "127.0.0.1:${await freePort()}"`),
      async (progress) => {
        await progress.until(({ stateName }) => stateName === "waiting");
      },
    );
    expect(uplink).toMatchObject({ connections: 0, outFrames: 0 });
    expect(uplink.problem).toContain("ECONNREFUSED");
  });
});
