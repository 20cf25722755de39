/**
 * The doorbell's races, forced: `Atomics` is replaced by a recorder that runs the other side's steps before a chosen
 * operation, so that every place between two operations is tried. A wait that would block is a verdict, not a hang.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createDoorbell, Doorbell } from "../../src/transport/doorbell.ts";
import { createQueue } from "../../src/transport/queue.ts";

const OPERATIONS = ["load", "store", "add", "compareExchange", "notify"] as const;

type Intruder = (operation: number) => void;

/**
 * Calls `intrude(n)` before the n-th (from 0) atomic operation that is not its own. A wait that must block becomes a call
 * of `whileAsleep`, which says how it ends.
 */
function interpose(intrude: Intruder, whileAsleep: () => "ok" | "timed-out"): void {
  let count = 0;
  let inside = false;
  const step = (): void => {
    if (inside) return;
    inside = true;
    intrude(count++);
    inside = false;
  };
  const load = Atomics.load.bind(Atomics);
  for (const name of OPERATIONS) {
    const original = Atomics[name] as (...operands: unknown[]) => unknown;
    vi.spyOn(Atomics, name as "load").mockImplementation(((...operands: unknown[]) => {
      step();
      return original(...operands);
    }) as never);
  }
  vi.spyOn(Atomics, "wait").mockImplementation(((words: Int32Array, index: number, expected: number) => {
    step();
    if (load(words, index) !== expected) return "not-equal";
    inside = true;
    const outcome = whileAsleep();
    inside = false;
    return outcome;
  }) as never);
}

afterEach(() => {
  vi.restoreAllMocks();
});

function scene() {
  const spec = createDoorbell();
  const { writer, reader } = createQueue({ cells: 4, cellBytes: 64 });
  return {
    writer,
    reader,
    sleeper: new Doorbell(spec),
    producer: new Doorbell(spec),
    other: new Doorbell(spec),
    publish: (): void => {
      writer.reserve();
      writer.advance();
      writer.publish();
    },
    hasWork: (): boolean => !reader.isEmpty(),
  };
}

/** The atomic operations of a sleep: load sequence, store the flag, the re-check's load, wait, clear the flag. */
const WAIT_STEP = 3;
const SLEEP_STEPS = 5;

describe("a producer whose steps fall between the sleeper's", () => {
  const places: [number, number][] = [];
  for (let publishAt = 0; publishAt <= WAIT_STEP + 1; publishAt++)
    for (let ringAt = publishAt; ringAt <= WAIT_STEP + 1; ringAt++) places.push([publishAt, ringAt]);

  it.each(places)("publishes before operation %i, rings before operation %i", (publishAt, ringAt) => {
    const { sleeper, producer, publish, hasWork, reader } = scene();
    let rung = false;
    const intrude: Intruder = (operation) => {
      if (operation === publishAt) publish();
      if (operation === ringAt) rung = producer.ring();
    };
    const whileAsleep = (): "ok" | "timed-out" => {
      if (publishAt > WAIT_STEP) publish();
      if (ringAt > WAIT_STEP) rung = producer.ring();
      return rung ? "ok" : "timed-out";
    };
    interpose(intrude, whileAsleep);
    expect(sleeper.sleep(hasWork, 1e9)).not.toBe("timeout");
    vi.restoreAllMocks();
    expect(reader.available).toBeGreaterThan(0);
  });

  it("does not sleep at all when the re-check finds the cell", () => {
    const { sleeper, publish, hasWork } = scene();
    publish();
    expect(sleeper.sleep(hasWork, 1e9)).toBe("ready");
    expect(sleeper.sleeps).toBe(0);
  });

  it("rings in the gap between the re-check and the wait", () => {
    const { sleeper, producer, publish } = scene();
    const gap = (): boolean => {
      publish();
      expect(producer.ring()).toBe(true);
      return false;
    };
    expect(sleeper.sleep(gap, 2e9)).toBe("rung");
    expect(sleeper.sleeps).toBe(1);
  });
});

describe("two producers", () => {
  it("wake the sleeper once: the second finds the flag taken", () => {
    const { sleeper, producer, other, publish } = scene();
    const twoRing = (): boolean => {
      publish();
      expect(producer.ring()).toBe(true);
      publish();
      expect(other.ring()).toBe(false);
      return false;
    };
    expect(sleeper.sleep(twoRing, 2e9)).toBe("rung");
    expect([producer.notifies, other.notifies]).toEqual([1, 0]);
  });

  it("wake the sleeper when one rings between any two operations of the other", () => {
    for (let at = 0; at < 4; at++) {
      const { sleeper, producer, other } = scene();
      const bothRing = (): boolean => {
        interpose(
          (operation) => {
            if (operation === at) other.ring();
          },
          () => "timed-out",
        );
        producer.ring();
        vi.restoreAllMocks();
        return false;
      };
      expect(sleeper.sleep(bothRing, 2e9)).toBe("rung");
      expect(producer.notifies + other.notifies).toBe(1);
    }
  });
});

describe("a doorbell", () => {
  it("costs an awake owner nothing", () => {
    const { producer, sleeper, hasWork, publish } = scene();
    expect(producer.ring()).toBe(false);
    publish();
    sleeper.sleep(hasWork, 1e9);
    expect(producer.ring()).toBe(false);
    expect(producer.notifies).toBe(0);
  });

  it("lets its owner sleep no longer than told", () => {
    const { sleeper, producer } = scene();
    expect(sleeper.sleep(() => false, 1000)).toBe("timeout");
    expect(producer.ring()).toBe(false);
  });

  it("takes the operations that these tests count on", () => {
    const { sleeper, hasWork } = scene();
    let operations = 0;
    interpose(
      () => {
        operations++;
      },
      () => "timed-out",
    );
    sleeper.sleep(hasWork, 1000);
    vi.restoreAllMocks();
    expect(operations).toBe(SLEEP_STEPS);
  });
});

describe("an owner that dozes", () => {
  it("is woken by a bell, while the event loop turns", async () => {
    const { sleeper, producer, publish, hasWork } = scene();
    const woken = sleeper.doze(hasWork, 60e9);
    await new Promise((resolve) => setImmediate(resolve));
    publish();
    expect(producer.ring()).toBe(true);
    expect(await woken).toBe("rung");
    expect(producer.ring()).toBe(false);
  });

  it("hears what rings between its re-check and its wait", async () => {
    const { sleeper, producer, publish } = scene();
    const gap = (): boolean => {
      publish();
      expect(producer.ring()).toBe(true);
      return false;
    };
    expect(await sleeper.doze(gap, 60e9)).toBe("rung");
  });

  it("does not doze when there is work, and no longer than told when there is none", async () => {
    const { sleeper, publish, hasWork } = scene();
    expect(await sleeper.doze(hasWork, 1000)).toBe("timeout");
    publish();
    expect(await sleeper.doze(hasWork, 60e9)).toBe("ready");
    expect(sleeper.sleeps).toBe(1);
  });
});
