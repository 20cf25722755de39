/** How a guest is told from the others: by a colour and by a pattern, the same wherever it is drawn. */
import type { JSX } from "preact";

/** Colours and patterns come again behind the eighth, but not at the same time as each other. */
const COLOURS = 8;
const PATTERNS = 7;

const TILE = 8;
/** Lines over the colour, in a tile of eight by eight. */
const STROKES: readonly string[] = [
  "",
  "M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6",
  "M2 2 h.1 M6 6 h.1",
  "M2 0 v8 M6 0 v8",
  "M0 2 h8 M0 6 h8",
  "M-2 6 L2 10 M0 0 L8 8 M6 -2 L10 2",
  "M0 4 h8 M4 0 v8",
];

const patternName = (guest: number): string => `guest-${guest}`;
export const fillOf = (guest: number): string => `url(#${patternName(guest)})`;
export const colourClass = (guest: number): string => `colour-${guest % COLOURS}`;

/** Once in a page: what all drawings take their fills from. */
export function Patterns({ guests }: { readonly guests: number }): JSX.Element {
  return (
    <svg class="definitions" aria-hidden="true">
      <defs>
        {Array.from({ length: guests }, (_, guest) => (
          <pattern
            id={patternName(guest)}
            width={TILE}
            height={TILE}
            patternUnits="userSpaceOnUse"
            key={guest}
          >
            <rect width={TILE} height={TILE} class={colourClass(guest)} />
            <path d={STROKES[guest % PATTERNS] ?? ""} class="stroke" />
          </pattern>
        ))}
        <pattern
          id="contested"
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="6" height="6" class="contested-ground" />
          <rect width="3" height="6" class="contested-hatch" />
        </pattern>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerUnits="userSpaceOnUse"
          markerWidth="8"
          markerHeight="8"
          orient="auto"
        >
          <path d="M0 0 L8 4 L0 8 z" class="arrow-head" />
        </marker>
      </defs>
    </svg>
  );
}

/** A small sample beside a guest's name. */
export function Swatch({ guest }: { readonly guest: number }): JSX.Element {
  return (
    <svg class="swatch" width="18" height="12" aria-hidden="true">
      <rect width="18" height="12" rx="2" fill={fillOf(guest)} />
    </svg>
  );
}
