const LANGUAGES = ["en", "de"] as const;

export type Language = (typeof LANGUAGES)[number];

const wanted = globalThis.navigator?.languages ?? [];

/** Choose the first language that a reader wants and the page speaks. */
export function chooseLanguage(wanted: readonly string[]): Language {
  const spoken = wanted.map((tag) => LANGUAGES.find((language) => isOf(tag, language)));
  return spoken.find((language) => language !== undefined) ?? "en";
}

/** The language of the page's words. */
export const LANGUAGE: Language = chooseLanguage(wanted);

/** By what dates and numbers are written: the reader's own kind of that language. */
export const LOCALE: string = wanted.find((tag) => isOf(tag, LANGUAGE)) ?? LANGUAGE;

function isOf(tag: string, language: Language): boolean {
  return tag.toLowerCase().split("-", 1)[0] === language;
}
