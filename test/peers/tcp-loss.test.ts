/** Whatever a link does to the frames, what was asked for arrives whole, once, and the connection ends. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HttpPeer } from "../../src/peers/http.ts";
import { type LinkOptions, talk } from "../support/lossy-link.ts";
import { type ClientOptions, TcpClient } from "../support/tcp-client.ts";
import { SERVER } from "../support/tcp-frames.ts";

const bodyOf = (answer: Buffer): Buffer => answer.subarray(answer.indexOf("\r\n\r\n") + 4);

function fetchFile(sizeBytes: number, link: LinkOptions, options: Partial<ClientOptions> = {}) {
  const peer = new HttpPeer(SERVER, { seed: 7 });
  const client = new TcpClient({ request: `GET /${sizeBytes} HTTP/1.0\r\n\r\n`, ...options });
  const endNs = talk(client, peer, link);
  return { client, peer, endNs, body: bodyOf(client.text) };
}

/** What comes out of the server on a link that does nothing wrong; its digest is checked elsewhere. */
const pattern = fetchFile(60_000, { seed: 1 }).body;

it("on a good link, nothing is sent twice", () => {
  const { client, peer, body } = fetchFile(5_000_000, { seed: 1 });
  expect(body).toHaveLength(5_000_000);
  expect(createHash("sha256").update(body.subarray(0, 60_000)).digest("hex")).toBe(
    createHash("sha256").update(pattern).digest("hex"),
  );
  expect(client.complaints).toEqual([]);
  expect(client.state).toBe("closed");
  expect(peer.report().http).toMatchObject({ retransmittedSegments: 0, accepted: 1, finished: 1, open: 0 });
});

it("a file arrives whole, once, through loss, repetition and disorder, and the connection ends", {
  timeout: 60_000,
}, () => {
  const percent = (max: number) => fc.integer({ min: 0, max });
  const links = fc.record({
    seed: fc.integer(),
    lost: percent(70),
    doubled: percent(30),
    delayed: percent(50),
  });
  const clients = fc.record(
    {
      mss: fc.integer({ min: 64, max: 1460 }),
      bufferBytes: fc.integer({ min: 100, max: 65_535 }),
      readBytesPerMs: fc.integer({ min: 50, max: 20_000 }),
      keepsEarly: fc.boolean(),
      closesFirst: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), links, clients, (sizeBytes, link, options) => {
      const { client, peer, body } = fetchFile(sizeBytes, link, options);
      expect(client.state).toBe("closed");
      expect(body.equals(pattern.subarray(0, sizeBytes))).toBe(true);
      expect(client.complaints).toEqual([]);
      expect(peer.nextNs()).toBeUndefined();
      // A SYN that is late enough opens a connection of its own, which the client does not want.
      const once = [{ status: 200, count: 1 }];
      expect(peer.report().http).toMatchObject({ requests: once, finished: 1, open: 0, timedOut: 0 });
    }),
    { numRuns: 100 },
  );
});
