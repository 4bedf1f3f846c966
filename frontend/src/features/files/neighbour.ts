export interface Place {
  readonly top: number;
  readonly left: number;
}

export type Direction = "up" | "down" | "left" | "right";

/** Places in a row may differ by so little. */
const SLACK = 2;

/** Return which of the places an arrow leads to from one of them, or null where there is none that way. */
export function neighbour(places: readonly Place[], from: number, direction: Direction): number | null {
  const here = places[from];
  if (here === undefined) {
    return null;
  }
  const isSideways = direction === "left" || direction === "right";
  const sign = direction === "left" || direction === "up" ? -1 : 1;
  let best: { index: number; along: number; aside: number } | null = null;
  for (const [index, { top, left }] of places.entries()) {
    const along = sign * (isSideways ? left - here.left : top - here.top);
    const aside = Math.abs(isSideways ? top - here.top : left - here.left);
    if (along <= SLACK || (isSideways && aside > SLACK)) {
      continue;
    }
    if (best === null || along < best.along - SLACK || (along <= best.along + SLACK && aside < best.aside)) {
      best = { index, along, aside };
    }
  }
  return best?.index ?? null;
}
