/** The bench of port reads measures the paths that it says it does. */
import { expect, it } from "vitest";
import { portReads } from "../../bench/port-reads.ts";

it("what is passed through never exits", async () => {
  const { trips, hooked, passedThrough, elapsedNs, medianNs, p99Ns } = await portReads("passthrough");
  expect(hooked).toBe(0);
  expect(trips).toBeGreaterThan(0);
  expect(passedThrough).toBeGreaterThan(trips);
  expect(medianNs).toBeGreaterThan(0);
  expect(p99Ns).toBeGreaterThanOrEqual(medianNs);
  // Half of them took the median at least.
  expect(elapsedNs).toBeGreaterThanOrEqual((trips * medianNs) / 2);
});

it("what is trapped exits each time", async () => {
  const { trips, hooked, passedThrough } = await portReads("vpio");
  expect(trips).toBeGreaterThan(0);
  expect(hooked).toBeGreaterThan(trips);
  expect(passedThrough).toBe(0);
});
