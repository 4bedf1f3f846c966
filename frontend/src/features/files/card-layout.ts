export interface CardLayout {
  readonly columns: number;
  /** Pixels of one card. */
  readonly width: number;
  readonly height: number;
}

export const GAP = 12;

const NARROWEST = 160;
const FEWEST = 2; // on the narrowest phone
const TEXT_HEIGHT = 52; // below a picture, see row.module.css

/** Fit as many cards into the width of the grid as can be told apart, all of one size. */
export function layOutCards(width: number): CardLayout {
  const columns = Math.max(FEWEST, Math.floor((width + GAP) / (NARROWEST + GAP)));
  const card = Math.max(0, (width - GAP * (columns - 1)) / columns);
  return { columns, width: card, height: Math.round(card * 0.75) + TEXT_HEIGHT };
}
