import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDoorbell, Doorbell } from "../../src/transport/doorbell.ts";
import { Inbox } from "../../src/transport/inbox.ts";
import { createQueue, type Queue } from "../../src/transport/queue.ts";
import { AdaptiveWait } from "../../src/transport/wait.ts";

const wait = (): AdaptiveWait => new AdaptiveWait({ capSpins: 0, maxSleepNs: 1000 });

function setUp(count: number, cells = 16) {
  const queues: Queue[] = [];
  for (let i = 0; i < count; i++) queues.push(createQueue({ cells, cellBytes: 64 }));
  const doorbell = new Doorbell(createDoorbell());
  const rings = queues.map(({ reader }) => ({ reader }));
  const inbox = new Inbox({ rings, doorbell, nowNs: () => 0, wait: wait(), batchCells: 8 });
  return { queues, inbox };
}

function send(queue: Queue | undefined, ...values: number[]): void {
  if (queue === undefined) throw new Error("no such queue");
  for (const value of values) {
    queue.writer.i32[(queue.writer.reserve() ?? 0) >> 2] = value;
    queue.writer.advance();
  }
  queue.writer.publish();
}

/** What one poll takes, as "ring:value". */
function take(inbox: Inbox, limit?: number): string[] {
  const taken: string[] = [];
  const count = inbox.poll((ring, reader, offset) => {
    taken.push(`${ring}:${reader.i32[offset >> 2]}`);
  }, limit);
  expect(count).toBe(taken.length);
  return taken;
}

describe("an inbox", () => {
  it("takes one cell from each ring in turn", () => {
    const { queues, inbox } = setUp(3);
    send(queues[0], 1, 2, 3);
    send(queues[2], 7, 8);
    expect(inbox.isEmpty()).toBe(false);
    expect(take(inbox)).toEqual(["0:1", "2:7", "0:2", "2:8", "0:3"]);
    expect(inbox.isEmpty()).toBe(true);
    expect(take(inbox)).toEqual([]);
  });

  it("takes at most a batch, and goes on with the next ring's turn", () => {
    const { queues, inbox } = setUp(2);
    send(queues[0], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    send(queues[1], 21);
    expect(take(inbox, 1)).toEqual(["0:1"]);
    expect(take(inbox, 1)).toEqual(["1:21"]);
    expect(take(inbox)).toHaveLength(8);
    expect(take(inbox)).toEqual(["0:10"]);
  });

  it("keeps each ring's order and starves none, however the rings are filled", () => {
    const filling = fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(filling, fc.integer({ min: 1, max: 20 }), (counts, limit) => {
        const { queues, inbox } = setUp(counts.length);
        counts.forEach((count, ring) => {
          send(queues[ring], ...Array.from({ length: count }, (_, i) => i));
        });
        const taken = counts.map(() => 0);
        while (!inbox.isEmpty()) {
          for (const entry of take(inbox, limit)) {
            const [ring = 0, value = 0] = entry.split(":").map(Number);
            expect(value).toBe(taken[ring]);
            taken[ring] = value + 1;
            const least = Math.min(...taken.filter((count, other) => count < (counts[other] ?? 0)));
            expect(taken[ring]).toBeLessThanOrEqual(least + 2);
          }
        }
        expect(taken).toEqual(counts);
      }),
    );
  });

  it("releases a cell when its handler has returned, not before", () => {
    const { queues, inbox } = setUp(1, 1);
    send(queues[0], 5);
    inbox.poll(() => expect(queues[0]?.writer.reserve()).toBeUndefined());
    expect(queues[0]?.writer.reserve()).toBe(0);
  });

  it("keeps the cell of a handler that throws", () => {
    const { queues, inbox } = setUp(1);
    send(queues[0], 5);
    const refuse = (): never => {
      throw new Error("refused");
    };
    expect(() => inbox.poll(refuse)).toThrow("refused");
    expect(take(inbox)).toEqual(["0:5"]);
  });

  it("is not polled by its own handler", () => {
    const { queues, inbox } = setUp(1);
    send(queues[0], 5);
    expect(() => inbox.poll(() => take(inbox))).toThrow("own handler");
  });

  it("waits for a cell, or for room in the ring it is told of", () => {
    const { queues, inbox } = setUp(1);
    const outgoing = createQueue({ cells: 1, cellBytes: 64 });
    expect(inbox.wait(undefined, outgoing.writer)).toBe("ready");
    send(outgoing, 1);
    expect(inbox.wait(undefined, outgoing.writer)).toBe("timeout");
    expect(outgoing.reader.takeRoomRequest()).toBe(true);
    outgoing.reader.peek();
    outgoing.reader.release();
    expect(inbox.wait()).toBe("timeout");
    expect(inbox.wait(undefined, outgoing.writer)).toBe("ready");
    send(queues[0], 2);
    expect(inbox.wait()).toBe("ready");
  });
});

describe("a producer that waits for room", () => {
  it("is rung once its cells are taken, and only if it asked", () => {
    const queue = createQueue({ cells: 2, cellBytes: 64 });
    const spec = createDoorbell();
    const [sleeper, producer] = [new Doorbell(spec), new Doorbell(spec)];
    const inbox = new Inbox({
      rings: [{ reader: queue.reader, producer }],
      doorbell: new Doorbell(createDoorbell()),
      nowNs: () => 0,
    });
    const drainWhileAsleep = (): boolean => {
      take(inbox);
      return false;
    };
    send(queue, 1, 2);
    expect(sleeper.sleep(drainWhileAsleep, 1000)).toBe("timeout");
    send(queue, 3, 4);
    expect(queue.writer.awaitRoom()).toBe(false);
    expect(sleeper.sleep(drainWhileAsleep, 2e9)).toBe("rung");
    expect(producer.notifies).toBe(1);
  });
});
