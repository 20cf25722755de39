/** One virtual processor: where interrupts get in, what stops it, what it keeps for later. */
import { describe, expect, it } from "vitest";
import { cli, clock, critical, hlt, inb, outb, type Program, sti } from "../../src/hardware/cpu.ts";
import { Processor, type Stop } from "../../src/hardware/processor.ts";

const now = (): number => 42;
const quiet = function* (): Program<void> {};

/** Runs until the end or `stops` stops, answering each operation with its port; the ports in order. */
function portsOf(
  processor: Processor,
  stops: number,
  atStop: (index: number) => void = () => undefined,
): (number | string)[] {
  const ports: (number | string)[] = [];
  let answer = 0;
  for (let i = 0; i < stops; i++) {
    const stop = processor.resume(answer, now);
    ports.push("port" in stop ? stop.port : stop.kind);
    if (stop.kind === "end") break;
    answer = "port" in stop ? stop.port : 0;
    atStop(i);
  }
  return ports;
}

describe("a program", () => {
  it("stops at each operation for the outside and gets its answer", () => {
    const answers: number[] = [];
    const processor = new Processor({
      *main() {
        answers.push(yield inb(1));
        answers.push(yield clock);
        answers.push(yield outb(2, 7));
        answers.push(yield hlt(99));
      },
      interrupt: quiet,
    });
    expect(processor.resume(0, now)).toEqual(inb(1));
    expect(processor.resume(10, now)).toEqual(outb(2, 7));
    expect(processor.resume(0, now)).toEqual({ kind: "hlt", untilNs: 99 });
    expect(processor.resume(0, now)).toEqual({ kind: "end" });
    expect(answers).toEqual([10, 42, 0, 0]);
  });

  it("that throws, throws to who resumes it", () => {
    const processor = new Processor({
      *main() {
        yield inb(1);
        throw new Error("bug in the guest");
      },
      interrupt: quiet,
    });
    processor.resume(0, now);
    expect(() => processor.resume(0, now)).toThrow("bug in the guest");
  });

  it("that keeps to itself is paused, loses no answer and goes on where it was", () => {
    let last = 0;
    const processor = new Processor({
      *main() {
        const answer = yield inb(1);
        for (let i = 0; i < 2500; i++) yield clock;
        last = answer;
        yield inb(2);
      },
      interrupt: quiet,
    });
    processor.resume(0, now);
    const stops: Stop[] = [processor.resume(77, now), processor.resume(0, now), processor.resume(0, now)];
    expect(stops.map(({ kind }) => kind)).toEqual(["pause", "pause", "in"]);
    expect(last).toBe(77);
  });

  it("gets the time it asked for even when it was paused with it", () => {
    const times: number[] = [];
    let time = 0;
    const processor = new Processor({
      *main() {
        for (let i = 0; i < 1500; i++) times.push(yield clock);
      },
      interrupt: quiet,
    });
    while (processor.resume(0, () => ++time).kind !== "end");
    expect(times).toEqual(Array.from({ length: 1500 }, (_, i) => i + 1));
  });
});

describe("an interrupt", () => {
  const software = {
    *main(): Program<void> {
      for (let port = 1; port <= 6; port++) if ((yield inb(port)) !== port) throw new Error("wrong answer");
    },
    *interrupt(): Program<void> {
      yield inb(100);
      yield inb(101);
    },
  };

  it("gets in at the next operation boundary, and the main program gets the answer it was waiting for", () => {
    const processor = new Processor(software);
    const ports = portsOf(processor, 20, (i) => {
      processor.line = i === 1;
    });
    expect(ports).toEqual([1, 2, 100, 101, 3, 4, 5, 6, "end"]);
  });

  it("on a line that stays up lets the main program do one operation in between", () => {
    const processor = new Processor(software);
    processor.line = true;
    expect(portsOf(processor, 8)).toEqual([100, 101, 1, 100, 101, 2, 100, 101]);
  });

  it("does not nest", () => {
    const processor = new Processor(software);
    processor.line = true;
    processor.resume(0, now);
    expect(processor.interruptPending).toBe(false);
    expect(processor.resume(100, now)).toEqual(inb(101));
  });

  it("waits while interrupts are off, however deeply", () => {
    const processor = new Processor({
      *main() {
        yield cli;
        yield inb(1);
        yield* critical(critical(one(2)));
        yield inb(3);
        yield sti;
        yield inb(4);
      },
      interrupt: () => one(100),
    });
    processor.line = true;
    processor.resume(0, now);
    const ports = portsOf(processor, 20, () => {
      processor.line = true;
    });
    expect(ports.slice(0, 5)).toEqual([1, 2, 3, 100, 4]);
  });

  it("that does nothing and stays up stops neither the program nor whoever resumes it", () => {
    const processor = new Processor({
      *main() {
        for (let i = 0; i < 5000; i++) yield clock;
        yield inb(1);
      },
      interrupt: quiet,
    });
    processor.line = true;
    let stop = processor.resume(0, now);
    let pauses = 0;
    for (; stop.kind === "pause"; pauses++) stop = processor.resume(0, now);
    expect(stop).toEqual(inb(1));
    expect(pauses).toBeGreaterThan(5);
  });

  it("opens interrupts again when a critical section fails", () => {
    const processor = new Processor({
      *main() {
        try {
          yield* critical(failing());
        } catch {
          yield inb(2);
        }
        yield inb(3);
      },
      interrupt: () => one(100),
    });
    processor.resume(0, now);
    processor.line = true;
    expect(portsOf(processor, 3)).toEqual([100, 2, 100]);
  });

  it("without cli is a defect", () => {
    const processor = new Processor({
      *main() {
        yield sti;
      },
      interrupt: quiet,
    });
    expect(() => processor.resume(0, now)).toThrow("sti without cli");
  });
});

function* one(port: number): Program<void> {
  yield inb(port);
}

function* failing(): Program<void> {
  yield inb(1);
  throw new Error("no");
}
