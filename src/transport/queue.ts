/** A ring within one thread: the same two faces over ordinary memory, for engines and tests that have no workers. */
import { createRing, RingReader, type RingShape, RingWriter, ringBytes } from "./ring.ts";

export interface Queue {
  readonly writer: RingWriter;
  readonly reader: RingReader;
}

export function createQueue(shape: RingShape): Queue {
  const spec = createRing(shape, { buffer: new ArrayBuffer(ringBytes(shape)), byteOffset: 0 });
  return { writer: new RingWriter(spec), reader: new RingReader(spec) };
}
