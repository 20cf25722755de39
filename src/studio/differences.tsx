/** What differs between two moves: states, ownership, counters, and the registers of the cards bit by bit. */
import type { JSX } from "preact";
import { holdAt } from "../trace/at.ts";
import {
  changedBits,
  differences,
  type RegisterDifference,
  registerDifferences,
} from "../trace/differences.ts";
import type { Trace } from "../trace/trace.ts";
import { guestLogsOf, registerLogsOf } from "./logs.ts";
import { compared, cursor, filter, length, mark, show, trace } from "./store.ts";
import { count, hex } from "./words.ts";

export function Differences(): JSX.Element | null {
  const there = trace.value;
  if (there === undefined) return null;
  void length.value;
  const [before, after] = [compared.value, cursor.value];
  const wanted = filter.value.toLowerCase();
  const rows = differences(there, guestLogsOf(there), before, after).filter(({ who, what }) =>
    `${who} ${what}`.toLowerCase().includes(wanted),
  );
  return (
    <section class="differences" aria-label="Differences between two moves">
      <div class="toolbar">
        <span>
          From move <b>{count(before)}</b> to move <b>{count(after)}</b>
        </span>
        <button type="button" onClick={() => show({ mark: cursor.value })}>
          Compare with here
        </button>
        <button type="button" disabled={mark.value === undefined} onClick={() => show({ mark: undefined })}>
          With the move before
        </button>
        <label>
          Filter{" "}
          <input
            type="search"
            value={filter.value}
            onInput={(event) => show({ filter: event.currentTarget.value })}
          />
        </label>
      </div>
      <table>
        <caption>{rows.length === 0 ? "Nothing that is shown differs." : "What differs"}</caption>
        <thead>
          <tr>
            <th scope="col">Whose</th>
            <th scope="col">What</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ who, what, before: was, after: is }) => (
            <tr key={`${who} ${what}`}>
              <th scope="row">{who}</th>
              <td>{what}</td>
              <td>{was}</td>
              <td>{is}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {there.head.cards.map((card, i) => (
        <Registers trace={there} card={i} wanted={wanted} key={card.name} />
      ))}
    </section>
  );
}

interface RegistersProps {
  readonly trace: Trace;
  readonly card: number;
  readonly wanted: string;
}

function Registers({ trace: there, card, wanted }: RegistersProps): JSX.Element {
  const { name = "", kind = "", registers = [] } = there.head.cards[card] ?? {};
  if (registers.length === 0)
    return <p class="hint">{`The registers of ${name} (${kind}) are in pages, and are not shown here.`}</p>;
  const log = registerLogsOf(there)[card];
  const rows = log === undefined ? [] : registerDifferences(log, compared.value, cursor.value);
  const matching = rows.filter((row) => `${name} ${row.name}`.toLowerCase().includes(wanted));
  const sorted = matching.toSorted((a, b) => Math.sign(changes(b)) - Math.sign(changes(a)));
  const { holder } = holdAt(there, card, cursor.value);
  const whose = holder === undefined ? "nobody's" : `${there.head.guests[holder]?.name}'s`;
  return (
    <table class="registers">
      <caption>
        Registers of {name}, {whose} now: as they were last written or read
      </caption>
      <thead>
        <tr>
          <th scope="col">Register</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
          <th scope="col">Bits</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((row) => (
          <Register row={row} key={row.name} />
        ))}
      </tbody>
    </table>
  );
}

const changes = (row: RegisterDifference): number => changedBits(row).length;

const shownValue = (value: number | undefined, bytes: number): string =>
  value === undefined ? "not seen" : hex(value, bytes);

function Register({ row }: { readonly row: RegisterDifference }): JSX.Element {
  const { name, before, after, bytes, written } = row;
  const bits = changedBits(row);
  return (
    <tr class={bits.length > 0 ? "changed" : ""}>
      <th scope="row">{name}</th>
      <td>
        <code>{shownValue(before, bytes)}</code>
      </td>
      <td>
        <code>{shownValue(after, bytes)}</code> {written ? "written" : "read"}
      </td>
      <td>{bits.map((bit) => `${((after ?? 0) >>> bit) & 1 ? "+" : "−"}${bit}`).join(" ")}</td>
    </tr>
  );
}
