/**
 * Messages to fixed-size cells and back. A cell: word 0 the message type, then each u32 in a word, in the table's order;
 * `bytes` as a length word and the bytes themselves, to the end of the cell.
 */
import { invariant } from "../base/errors.ts";
import { type FieldKind, fieldsOf, MESSAGES, type Message, type MessageType } from "./messages.ts";

/** Bytes of a cell for everything but frames; holds the longest message, the hooked list. */
export const CONTROL_CELL_BYTES = 128;
/** Bytes of a cell that can hold a frame. */
export const FRAME_CELL_BYTES = 2048;
/** The longest frame that fits into a frame cell. */
export const MAX_CARRIED_FRAME_BYTES = FRAME_CELL_BYTES - 8;

/** Views over the memory that holds the cells; offsets count in bytes. */
export interface CellViews {
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
}

interface Layout {
  readonly type: MessageType;
  readonly fields: readonly (readonly [name: string, kind: FieldKind])[];
}

const LAYOUTS: readonly Layout[] = Object.entries(MESSAGES).map(([type, row]) => ({
  type: type as MessageType,
  fields: Object.entries(row.fields),
}));
const TYPE_IDS = new Map<MessageType, number>(LAYOUTS.map(({ type }, id) => [type, id]));

/** Writes `message` to the cell at byte `offset`. A message too long for the cell is a defect of the sender. */
export function encode(message: Message, cell: CellViews, offset: number, cellBytes: number): void {
  const id = TYPE_IDS.get(message.type) ?? 0;
  const fields = fieldsOf(message);
  cell.i32[offset >> 2] = id;
  let at = offset + 4;
  for (const [name, kind] of (LAYOUTS[id] as Layout).fields) {
    const value = fields[name];
    if (kind === "u32") {
      cell.i32[at >> 2] = value as number;
      at += 4;
    } else {
      const bytes = value as Uint8Array;
      invariant(
        at + 4 + bytes.length <= offset + cellBytes,
        `${message.type} of ${bytes.length} bytes fits its cell`,
      );
      cell.i32[at >> 2] = bytes.length;
      cell.u8.set(bytes, at + 4);
      at += 4 + bytes.length;
    }
  }
}

/** Reads the cell at byte `offset`. A `bytes` field is a view into the cell; one that leaves the memory is a defect. */
export function decode(cell: CellViews, offset: number): Message {
  const layout = LAYOUTS[cell.i32[offset >> 2] ?? -1];
  invariant(layout !== undefined, `cell at ${offset} holds a message`);
  const message: Record<string, string | number | Uint8Array> = { type: layout.type };
  let at = offset + 4;
  for (const [name, kind] of layout.fields) {
    if (kind === "u32") {
      message[name] = (cell.i32[at >> 2] ?? 0) >>> 0;
      at += 4;
    } else {
      const length = cell.i32[at >> 2] ?? 0;
      invariant(
        length >= 0 && at + 4 + length <= cell.u8.length,
        `${layout.type} at ${offset} ends in the ring`,
      );
      message[name] = cell.u8.subarray(at + 4, at + 4 + length);
      at += 4 + length;
    }
  }
  return message as unknown as Message;
}
