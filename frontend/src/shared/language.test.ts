import { expect, test } from "vitest";
import { chooseLanguage } from "./language.ts";
import { german } from "./messages.de.ts";
import { english } from "./messages.en.ts";

test.each([
  [["de-AT", "en"], "de"],
  [["fr", "EN-gb", "de"], "en"],
  [["fr", "dede"], "en"],
  [[], "en"],
])("of %j the page speaks %s", (wanted, expected) => {
  expect(chooseLanguage(wanted)).toBe(expected);
});

test("every problem that is told in one language is told in the other", () => {
  expect([...german.errors.problems.keys()]).toEqual([...english.errors.problems.keys()]);
  expect([...german.errors.oidc.keys()]).toEqual([...english.errors.oidc.keys()]);
});

test("one and many are told apart, and no line breaks before what is counted", () => {
  expect([english.files.items(1), english.files.items(2)]).toEqual(["1\u00a0item", "2\u00a0items"]);
  expect([german.files.items(1), german.files.items(2)]).toEqual(["1\u00a0Element", "2\u00a0Elemente"]);
});
