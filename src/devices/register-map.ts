/** Where a card has its registers, as plain data: for people who look at a run, and want names for its ports. */

/** Where a register is: at an offset, perhaps on some pages only, perhaps in one direction only. */
export interface RegisterPlace {
  readonly offset: number;
  /** Undefined: whatever the page. */
  readonly pages: readonly number[] | undefined;
  readonly reads: boolean;
  readonly writes: boolean;
}

export interface MappedRegister {
  readonly name: string;
  readonly bytes: number;
  readonly places: readonly RegisterPlace[];
}

/** How a card's page is chosen: by some bits of a register; and from where on reading resets the card, to page 0. */
export interface Paging {
  readonly offset: number;
  readonly shift: number;
  readonly mask: number;
  readonly resetFrom: number;
}

export interface RegisterMap {
  readonly registers: readonly MappedRegister[];
  /** Undefined of a card that has no pages. */
  readonly paging: Paging | undefined;
}
