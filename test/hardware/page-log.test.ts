/** What cards have written to is told once, to whoever asks. */
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAGE_BYTES } from "../../src/hardware/memory.ts";
import { PageLog } from "../../src/hardware/page-log.ts";

const PAGES = 100;

function logs() {
  const buffer = PageLog.create(PAGES * PAGE_BYTES);
  const taken = (): number[] => {
    const pages: number[] = [];
    new PageLog(buffer).take((address) => pages.push(address / PAGE_BYTES));
    return pages;
  };
  return { buffer, writer: new PageLog(buffer), taken };
}

describe("a page log", () => {
  it("tells every page that a write touches, and each only once", () => {
    const { writer, taken } = logs();
    writer.note(31 * PAGE_BYTES + 10, 2 * PAGE_BYTES);
    writer.note(31 * PAGE_BYTES, 1);
    writer.note(99 * PAGE_BYTES, PAGE_BYTES);
    writer.note(50 * PAGE_BYTES, 0);
    expect(taken()).toEqual([31, 32, 33, 99]);
    expect(taken()).toEqual([]);
  });

  it("tells exactly the pages of any writes", () => {
    const write = fc.record({
      at: fc.nat(PAGES * PAGE_BYTES - 1),
      bytes: fc.nat(3 * PAGE_BYTES),
    });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
        const { writer, taken } = logs();
        const expected = new Set<number>();
        for (const { at, bytes } of writes) {
          const length = Math.min(bytes, PAGES * PAGE_BYTES - at);
          writer.note(at, length);
          for (let byte = at; byte < at + length; byte++) expected.add(Math.floor(byte / PAGE_BYTES));
        }
        expect(taken()).toEqual([...expected].sort((a, b) => a - b));
      }),
    );
  });

  it("loses none that another thread notes while they are taken", async () => {
    const { buffer, taken } = logs();
    const rounds = 20_000;
    // The log's own words, as a writer in another thread has them: the page's bit, then the word that says to look.
    const worker = new Worker(
      `const { workerData: { buffer, rounds, pages } } = require("node:worker_threads");
       const words = new Int32Array(buffer);
       for (let i = 0; i < rounds; i++) {
         const page = (i * 7) % pages;
         Atomics.or(words, 1 + (page >> 5), 1 << (page & 31));
         Atomics.store(words, 0, 1);
         if (page === pages - 1) while (Atomics.load(words, 1 + (page >> 5)) & (1 << (page & 31)));
       }`,
      { eval: true, workerData: { buffer, rounds, pages: PAGES } },
    );
    let last = 0;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    // The writer waits for its last page to be taken each time it comes to it: what was lost would stop it for good.
    while (!isOver) {
      last += taken().filter((page) => page === PAGES - 1).length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    last += taken().filter((page) => page === PAGES - 1).length;
    expect(last).toBe(rounds / PAGES);
  });
});
