/**
 * A Perfetto file, read by the rules of Perfetto's importer of trace events: what it would drop, count as an error or draw
 * the other way round is said here. Times are rounded to nanoseconds; events are taken in the order of time, those of one
 * time as they stand in the file; slices of a track are a stack, and what overlaps its top without nesting is dropped;
 * an arrow hangs on whatever is on top of that stack, and leads from the earlier beginning to the later.
 */

export interface Event {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly id?: number;
  readonly bp?: string;
  readonly s?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export const eventsOf = (text: string): readonly Event[] =>
  (JSON.parse(text) as { readonly traceEvents: readonly Event[] }).traceEvents;
export const nsOf = (ticks: number): number => Math.round(ticks * 1000);
export const trackOf = ({ pid, tid }: Event): string => `${pid} ${tid}`;

/** Of slices within slices; what is deeper is dropped. */
const MAX_DEPTH = 512;

export interface ImportedSlice {
  readonly track: string;
  readonly name: string;
  readonly beginNs: number;
  readonly endNs: number;
}

export interface ImportedFlow {
  readonly name: string;
  readonly from: ImportedSlice;
  readonly to: ImportedSlice;
  /** When the arrow was begun and ended in the file. */
  readonly beganNs: number;
  readonly endedNs: number;
}

export interface Imported {
  readonly slices: readonly ImportedSlice[];
  readonly flows: readonly ImportedFlow[];
  /** By what is wrong, in words of ours. */
  readonly complaints: readonly string[];
}

export const imported = (events: readonly Event[]): Imported => new Importer().read(events);

class Importer {
  readonly #slices: ImportedSlice[] = [];
  readonly #flows: ImportedFlow[] = [];
  readonly #complaints: string[] = [];
  readonly #stacks = new Map<string, ImportedSlice[]>();
  readonly #begun = new Map<string, { readonly slice: ImportedSlice; readonly atNs: number }>();
  readonly #processes = new Set<number>();
  readonly #threads = new Map<number, number>();

  read(events: readonly Event[]): Imported {
    for (const event of events) this.#take(event);
    for (const { tid, pid, ph } of events)
      if (ph !== "M" && !(this.#processes.has(pid) && this.#threads.get(tid) === pid))
        this.#complaints.push(`no name for ${pid} ${tid}`);
    return { slices: this.#slices, flows: this.#flows, complaints: this.#complaints };
  }

  #take(event: Event): void {
    const { ph, name, dur } = event;
    if (![event.pid, event.tid].every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 32))
      this.#complaints.push(`no process or thread of ${name}`);
    if (typeof name !== "string" || name === "") this.#complaints.push(`a ${ph} without a name`);
    if (ph === "M") return this.#name(event);
    if (!(nsOf(event.ts) >= 0)) this.#complaints.push(`no time of ${name}`);
    switch (ph) {
      case "X":
        return this.#slice(event, dur >= 0 ? nsOf(dur) : Number.NaN);
      case "i":
        if (event.s !== "t") this.#complaints.push(`${name} is of no track`);
        return this.#slice(event, 0);
      case "s":
        return this.#begin(event);
      case "f":
        return this.#end(event);
      default:
        this.#complaints.push(`unknown phase ${ph}`);
    }
  }

  #name({ name, pid, tid, args }: Event): void {
    if (name === "process_name") this.#processes.add(pid);
    if (name !== "thread_name") return;
    // Names of threads are found by their numbers alone.
    if (this.#threads.has(tid)) this.#complaints.push(`thread ${tid} is named twice`);
    if (typeof args["name"] !== "string" || args["name"] === "")
      this.#complaints.push(`thread ${tid} is nameless`);
    this.#threads.set(tid, pid);
  }

  #slice(event: Event, durationNs: number): void {
    const track = trackOf(event);
    const beginNs = nsOf(event.ts);
    const slice = { track, name: event.name, beginNs, endNs: beginNs + durationNs };
    if (!(durationNs >= 0)) return void this.#complaints.push(`no duration of ${event.name}`);
    const stack = this.#stacks.get(track) ?? [];
    this.#stacks.set(track, stack);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const bothAreMoments = top.beginNs === top.endNs && durationNs === 0;
      if (top.endNs > beginNs || (top.endNs === beginNs && bothAreMoments)) break;
      stack.pop();
    }
    if (stack.some(({ endNs }) => beginNs < endNs && slice.endNs > endNs))
      return void this.#complaints.push(`${event.name} overlaps at ${event.ts}`);
    if (stack.length >= MAX_DEPTH) return void this.#complaints.push(`${event.name} is too deep`);
    stack.push(slice);
    this.#slices.push(slice);
  }

  #begin(event: Event): void {
    const slice = this.#stacks.get(trackOf(event))?.at(-1);
    const key = flowOf(event);
    if (slice === undefined) return void this.#complaints.push(`${key} begins at nothing`);
    if (this.#begun.has(key)) return void this.#complaints.push(`${key} begins twice`);
    this.#begun.set(key, { slice, atNs: nsOf(event.ts) });
  }

  #end(event: Event): void {
    const slice = this.#stacks.get(trackOf(event))?.at(-1);
    const begun = this.#begun.get(flowOf(event));
    if (event.bp !== "e") this.#complaints.push(`${flowOf(event)} ends at whatever comes next`);
    if (slice === undefined || begun === undefined)
      return void this.#complaints.push(`${flowOf(event)} ends without a ${slice ? "begin" : "slice"}`);
    const [from, to] = begun.slice.beginNs > slice.beginNs ? [slice, begun.slice] : [begun.slice, slice];
    this.#flows.push({ name: event.name, from, to, beganNs: begun.atNs, endedNs: nsOf(event.ts) });
  }
}

const flowOf = ({ id, name }: Event): string => `${name} ${id}`;
