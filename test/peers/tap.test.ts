/** The server against Linux's own TCP on the same Ethernet: see test/support/tap.ts. */
import { afterEach, expect, it, vi } from "vitest";
import { HttpPeer } from "../../src/peers/http.ts";
import { describeWithTap, Tap } from "../support/tap.ts";
import { SERVER } from "../support/tcp-frames.ts";

let tap: Tap | undefined;
afterEach(async () => {
  await tap?.stop();
  tap = undefined;
});

async function start(lets?: () => boolean): Promise<{ readonly peer: HttpPeer; readonly tap: Tap }> {
  const peer = new HttpPeer(SERVER, { seed: 7 });
  tap = await Tap.start(peer, lets);
  return { peer, tap };
}

/** Prints, for each of the sizes, whether the file that was fetched has the digest that was fetched with it. */
const fetching = (sizes: readonly number[], times = 1): string => `
  import { createHash } from "node:crypto";
  const get = (path) => fetch("http://10.0.0.254/" + path).then((answer) => answer.arrayBuffer());
  const right = async (size) => {
    const [file, line] = await Promise.all([get(size), get(size + ".sha256")]);
    const digest = createHash("sha256").update(new Uint8Array(file)).digest("hex");
    return Buffer.from(line).toString() === digest + "  " + size + "\\n";
  };
  for (let i = 0; i < ${times}; i++) console.log(...await Promise.all(${JSON.stringify(sizes)}.map(right)));
`;

describeWithTap("on Linux's own Ethernet", { timeout: 90_000 }, () => {
  it("serves 5 MB, and the digest that proves it", async () => {
    const { peer, tap } = await start();
    expect(await tap.run(fetching([5 * 2 ** 20]))).toBe("true\n");
    expect(peer.report().http).toMatchObject({ accepted: 2, refused: 0, reset: 0, damagedSegments: 0 });
    await vi.waitFor(() => expect(peer.report().http).toMatchObject({ finished: 2, open: 0 }), 10_000);
  });

  it("serves many at once, and again", async () => {
    const { peer, tap } = await start();
    const sizes = Array.from({ length: 16 }, (_, i) => 40_000 * i);
    expect(await tap.run(fetching(sizes, 4))).toBe(`${sizes.map(() => "true").join(" ")}\n`.repeat(4));
    expect(peer.report().http).toMatchObject({ accepted: 128, refused: 0 });
  });

  it("gets files through when every twentieth frame is lost, in either direction", async () => {
    let seen = 0;
    const { peer, tap } = await start(() => ++seen % 20 !== 0);
    expect(await tap.run(fetching([1_000_000, 300_000]))).toBe("true true\n");
    expect(peer.report().http?.retransmittedSegments).toBeGreaterThan(0);
  });

  it("waits for a reader who leaves the window closed, and goes on when it opens", async () => {
    const { peer, tap } = await start();
    const slow = `
      import { connect } from "node:net";
      const socket = connect({ host: "10.0.0.254", port: 80 });
      let arrived = 0;
      socket.on("data", (part) => { arrived += part.length; });
      socket.on("end", () => console.log(arrived > 16_000_000));
      socket.write("GET /16000000 HTTP/1.0\\r\\n\\r\\n");
      socket.pause();
      process.stdin.on("end", () => socket.resume()).resume();
    `;
    const asked = (): void => expect(peer.report().http?.retransmittedSegments).toBeGreaterThan(1);
    expect(await tap.run(slow, vi.waitFor(asked, 30_000))).toBe("true\n");
  });
});
