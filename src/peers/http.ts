/**
 * Serves files over HTTP at port 80, to guests that bring a TCP of their own. The files are generated: of any
 * size, each with its digest, so that who fetches one can tell whether it has arrived whole.
 */
import { earliest } from "../base/earliest.ts";
import { unreachable } from "../base/errors.ts";
import { IP_PROTOCOL, type Ipv4Packet } from "../ethernet/ipv4.ts";
import type { Mac } from "../ethernet/mac.ts";
import { Digests, type Waiting } from "./http/digests.ts";
import { type Complete, Exchange } from "./http/exchange.ts";
import { DIGEST_DIGITS, digestLine, type File, fileAt, PAGE } from "./http/files.ts";
import { patternSource } from "./http/pattern.ts";
import { refusal, response, type Status, textBody } from "./http/response.ts";
import { BasePeer, type PeerAddress, type PeerReport } from "./peer.ts";
import type { ByteSource } from "./tcp/byte-source.ts";
import type { Conversation } from "./tcp/connection.ts";
import { TcpServer } from "./tcp/server.ts";

const HTTP_PORT = 80;

export interface HttpOptions {
  /** Of the contents of the files: an integer. */
  readonly seed: number;
}

type Answer = (stream: ByteSource) => void;

export class HttpPeer extends BasePeer {
  readonly #seed: number;
  readonly #server: TcpServer;
  readonly #digests: Digests;
  readonly #requests = new Map<Status, number>();
  /** The time of the call that is under way. */
  #nowNs = 0;

  constructor(address: PeerAddress, { seed }: HttpOptions) {
    super("http", address);
    this.#seed = seed;
    this.#digests = new Digests((sizeBytes) => patternSource(seed, sizeBytes));
    this.#server = new TcpServer({
      host: address,
      port: HTTP_PORT,
      seed,
      converse: (answer) => this.#converse(answer),
    });
  }

  override nextNs(): number | undefined {
    return earliest(this.#server.nextNs(), this.#digests.nextNs());
  }

  override timer(nowNs: number): readonly Uint8Array[] {
    this.#nowNs = nowNs;
    this.#digests.timer(nowNs);
    return this.sending(this.#server.timer(nowNs));
  }

  override report(): PeerReport {
    const requests = [...this.#requests]
      .map(([status, count]) => ({ status, count }))
      .sort((a, b) => a.status - b.status);
    return { ...super.report(), http: { ...this.#server.report(), requests } };
  }

  protected override respond(
    packet: Ipv4Packet,
    senderMac: Mac,
    nowNs: number,
  ): readonly Uint8Array[] | undefined {
    if (packet.protocol !== IP_PROTOCOL.tcp || packet.destination !== this.ip) return undefined;
    this.#nowNs = nowNs;
    return this.#server.receive(packet, senderMac, nowNs);
  }

  #converse(answer: Answer): Conversation {
    let waiting: Waiting | undefined;
    return new Exchange({
      answer,
      asked: (request) => {
        waiting = this.#asked(request, answer);
      },
      gone: () => {
        if (waiting !== undefined) this.#digests.cancel(waiting);
      },
    });
  }

  /** Answers now, or returns what the answer waits for. */
  #asked(request: Complete, answer: Answer): Waiting | undefined {
    switch (request.kind) {
      case "malformed":
        return this.#refuse(400, answer);
      case "unsupported":
        return this.#refuse(405, answer);
      case "get": {
        const file = fileAt(request.path);
        if (file === undefined) return this.#refuse(404, answer, request.headOnly);
        this.#count(200);
        return this.#serve(file, request.headOnly, answer);
      }
      default:
        return unreachable(request, "HttpPeer");
    }
  }

  #serve(file: File, headOnly: boolean, answer: Answer): Waiting | undefined {
    const text = (body: string): void => answer(response(200, textBody(body, headOnly)));
    switch (file.kind) {
      case "page":
        text(PAGE);
        return undefined;
      case "pattern": {
        const { sizeBytes } = file;
        const bytes = headOnly ? undefined : patternSource(this.#seed, sizeBytes);
        answer(response(200, { type: "application/octet-stream", sizeBytes, bytes }));
        return undefined;
      }
      case "digest": {
        const { sizeBytes } = file;
        const line = (digest: string): void => text(digestLine(digest, sizeBytes));
        // Its length is all that is asked for: it is the same for every digest.
        if (headOnly) line("0".repeat(DIGEST_DIGITS));
        return headOnly ? undefined : this.#awaitDigest({ sizeBytes, answer: line });
      }
      default:
        return unreachable(file, "HttpPeer");
    }
  }

  #awaitDigest(waiting: Waiting): Waiting {
    this.#digests.ask(waiting, this.#nowNs);
    return waiting;
  }

  #refuse(status: Exclude<Status, 200>, answer: Answer, headOnly = false): undefined {
    this.#count(status);
    answer(refusal(status, headOnly));
    return undefined;
  }

  #count(status: Status): void {
    this.#requests.set(status, (this.#requests.get(status) ?? 0) + 1);
  }
}
