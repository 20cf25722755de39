/** What a Linux guest says on its control line, read into its state and its report. */
import { describe, expect, it } from "vitest";
import { LinuxLife } from "../../src/engine/linux-life.ts";

const PROBE = "@probe eth0 52:56:50:00:00:01\n";
const UP = "@up eth0 10.0.0.1/24\n";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function life(...commands: readonly string[]) {
  const made = new LinuxLife({ kind: "linux", driver: "8139too", image: "debian", dhcp: false, commands });
  return { life: made, says: (text: string) => made.takeControl(bytes(text)) };
}

describe("a Linux guest", () => {
  it("goes from boot to probe to running to idle, as it says", () => {
    const { life: linux, says } = life("true");
    const states = [linux.report().stateName];
    for (const line of [PROBE, UP, "@begin 0\n@end 0 0 12\n@done\n"]) {
      says(line);
      states.push(linux.report().stateName);
    }
    expect(states).toEqual([
      "system.boot processor.free",
      "system.probe processor.free",
      "system.running processor.free",
      "system.idle processor.free",
    ]);
    expect(linux.workload().finished).toBe(true);
  });

  it("shows its commands, however the serial line cuts what it says, among what others write there", () => {
    const { life: linux, says } = life("ping gateway", "fetch it");
    says("[    1.2] 8139too: hello\r\n@be");
    says("gin 0\r");
    says("\n@end 0 1 2500\n@begin 1\nnoise @end 1 0 5\n@begin one\n@begin 9\n");
    expect(linux.report().commands).toEqual([
      { command: "ping gateway", state: { kind: "ended", status: 1, ms: 2500 } },
      { command: "fetch it", state: { kind: "runs" } },
    ]);
    expect(linux.workload().finished).toBe(false);
  });

  it("lists no more downloads than there is room for, however many it tells of, and says so once", () => {
    const { life: linux, says } = life("fetch it");
    for (let i = 0; i < 1000; i++) says(`@fetched ${i} 10 ok\n`);
    expect(linux.workload().notes).toEqual([]);
    for (let i = 0; i < 50; i++) says("@fetched 7 10 wrong\n");
    expect(linux.report().fetched).toHaveLength(1000);
    expect(linux.report().fetched.at(-1)?.bytes).toBe(999);
    expect(linux.workload().corrupted).toBe(50);
    expect(linux.workload().notes).toEqual(["only its first 1000 downloads are listed"]);
  });

  it("counts a download with a wrong checksum as damaged", () => {
    const { life: linux, says } = life("fetch it");
    says(
      "@fetched 5242880 4100 ok\n@fetched 100 10 wrong\n@fetched 1 10 failed\n@traffic 10 1000 20 30000\n",
    );
    expect(linux.report().fetched).toEqual([
      { bytes: 5242880, ms: 4100, outcome: "ok" },
      { bytes: 100, ms: 10, outcome: "wrong" },
      { bytes: 1, ms: 10, outcome: "failed" },
    ]);
    expect(linux.workload().corrupted).toBe(1);
    expect(linux.report().traffic).toEqual({
      sentFrames: 10,
      sentBytes: 1000,
      receivedFrames: 20,
      receivedBytes: 30000,
    });
  });

  it("is blocked while it waits for the card, and stays crashed", () => {
    const { life: linux, says } = life();
    linux.blocked = true;
    expect(linux.report().stateName).toBe("system.boot processor.blocked");
    linux.blocked = false;
    expect(linux.report().stateName).toBe("system.boot processor.free");
    linux.blocked = true;
    linux.crash();
    says(`${PROBE}${UP}`);
    linux.blocked = false;
    expect(linux.report().stateName).toBe("system.crashed processor.stopped");
  });

  it("says why it cannot use its card, and what its console said when it crashed", () => {
    const { life: linux, says } = life();
    says(`${PROBE}@failed eth0 cannot be set up\n`);
    expect(linux.workload().failure).toBe("eth0 cannot be set up");
    linux.takeConsole(bytes("\r\n\r\nKernel panic - not syncing\r\n"));
    linux.crash();
    linux.crash();
    expect(linux.workload().notes).toEqual(["console: Kernel panic - not syncing"]);
  });

  it("without commands has no end", () => {
    const { life: linux, says } = life();
    says(`${PROBE}${UP}@done\n`);
    expect(linux.workload().finished).toBe(false);
  });

  it("believes nothing twice, and nothing out of order", () => {
    const { life: linux, says } = life("true");
    says(`${UP}@done\n${PROBE}${PROBE}`);
    expect(linux.report().stateName).toBe("system.probe processor.free");
  });
});
