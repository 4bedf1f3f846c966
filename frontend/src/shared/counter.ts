import { LOCALE } from "./language.ts";

/** Make what writes how many there are of something, in a language: no line breaks between the two. */
export function counter(language: string): (n: number, one: string, many: string) => string {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(LOCALE);
  return (n, one, many) => `${number.format(n)}\u00a0${plural.select(n) === "one" ? one : many}`;
}
