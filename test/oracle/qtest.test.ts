import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptQtest, type Qtest } from "../../src/oracle/qtest.ts";

let folder = "";
let qemu: Socket;
let client: Qtest;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "vpio-qtest-"));
  const path = join(folder, "socket");
  client = await acceptQtest(path, 11, () => {
    qemu = connect(path);
  });
});
afterEach(() => {
  client.close();
  qemu.destroy();
  rmSync(folder, { recursive: true });
});

/** What the client has sent, once there are `lines` lines of it. */
function received(lines: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    qemu.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split("\n").length > lines) resolve(text);
    });
  });
}

describe("the qtest client", () => {
  it("sends commands together and gives their answers in order", async () => {
    const sent = received(2);
    const answers = client.exchange(["inb 0x37", "outb 0x37 1"]);
    expect(await sent).toBe("inb 0x37\noutb 0x37 1\n");
    qemu.write("OK 0x0011\nOK\n");
    expect(await answers).toMatchObject({ texts: ["0x0011", ""], interrupts: [false, false] });
  });

  it("puts an edge of the line ahead of the answer behind it, and leaves other lines alone", async () => {
    const answers = client.exchange(["outb 1 1", "outb 2 2", "outb 3 3"]);
    qemu.write("IRQ raise 9\nOK\nIRQ raise 11\nIRQ lower 11\nIRQ raise 11\nOK\nIRQ lower 11\nOK\n");
    expect((await answers).interrupts).toEqual([false, true, false]);
  });

  it("puts lines together that come in pieces", async () => {
    const answers = client.exchange(["inl 0xc040", "inb 1"]);
    for (const piece of ["O", "K 0x7480", "0000", "\nOK 0x", "01\n"]) qemu.write(piece);
    expect((await answers).texts).toEqual(["0x74800000", "0x01"]);
  });

  it("keeps the answers of two exchanges apart", async () => {
    const both = [client.exchange(["inb 1"]), client.exchange(["inb 2", "inb 3"])];
    qemu.write("OK 0x1\nOK 0x2\nOK 0x3\n");
    expect((await Promise.all(both)).map(({ texts }) => texts)).toEqual([["0x1"], ["0x2", "0x3"]]);
  });

  it("rejects what QEMU refuses, and everything after it", async () => {
    const answers = client.exchange(["nonsense", "inb 1"]);
    qemu.write("FAIL Unknown command 'nonsense'\n");
    await expect(answers).rejects.toThrow(/FAIL Unknown command/);
    await expect(client.exchange(["inb 1"])).rejects.toThrow(/FAIL/);
  });

  it("rejects when QEMU is gone", async () => {
    const answers = client.exchange(["inb 1"]);
    qemu.destroy();
    await expect(answers).rejects.toThrow(/qtest socket/);
  });
});
