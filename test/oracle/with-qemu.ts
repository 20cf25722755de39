/** Tests that need QEMU: without it they are left out, and say so; but not in CI, where they fail. */
import { describe } from "vitest";
import { QEMU, qemuInstalled } from "../../src/oracle/qemu-card.ts";

const installed = await qemuInstalled();
if (!installed && !process.env["CI"]) {
  console.warn(`\n  ${QEMU} is not installed: our cards have NOT been compared with QEMU's.\n`);
}

export const describeWithQemu = describe.skipIf(!installed && !process.env["CI"]);
