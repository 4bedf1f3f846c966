import { expect, test } from "vitest";
import { generatePassword } from "./generate-password.ts";

test("a password is four groups of four letters that nobody confuses, and no two are alike", () => {
  const made = Array.from({ length: 100 }, () => generatePassword());

  expect(made.filter((each) => !/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/.test(each))).toEqual([]);
  expect(new Set(made).size).toBe(made.length);
});
