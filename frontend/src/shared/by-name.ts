import { LOCALE } from "./language.ts";

const collator = new Intl.Collator(LOCALE, { numeric: true });

/** Puts names into the order of people: "Day 2" before "Day 10", and capital letters among the others. */
export const byName: (one: string, other: string) => number = collator.compare;
