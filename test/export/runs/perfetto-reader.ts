/** A Perfetto file, read as its importer does. */

export interface Event {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly id?: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export const eventsOf = (text: string): readonly Event[] =>
  (JSON.parse(text) as { readonly traceEvents: readonly Event[] }).traceEvents;
export const nsOf = (ticks: number): number => Math.round(ticks * 1000);
export const trackOf = ({ pid, tid }: Event): string => `${pid} ${tid}`;

/** Slices that neither nest nor follow one another, as texts; in the order of the file, as an importer takes them. */
export function clashes(events: readonly Event[]): readonly string[] {
  const open = new Map<string, Event[]>();
  const found: string[] = [];
  for (const event of events) {
    if (event.ph !== "X") continue;
    const [begin, end] = [nsOf(event.ts), nsOf(event.ts) + nsOf(event.dur)];
    const endOf = (one: Event): number => nsOf(one.ts) + nsOf(one.dur);
    const stack = (open.get(trackOf(event)) ?? []).filter((one) => endOf(one) > begin);
    const around = stack.at(-1);
    if (around !== undefined && end > endOf(around))
      found.push(`${event.name} in ${around.name} at ${event.ts}`);
    open.set(trackOf(event), [...stack, event]);
  }
  return found;
}
