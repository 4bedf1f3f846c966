import { expect, test } from "vitest";
import { readRemembered } from "./remembered.ts";

test.each([
  ["b", "b"],
  ["c", "a"],
  [null, "a"],
])("of a and b, %s was stored: %s is chosen", (stored, chosen) => {
  const storage = { getItem: (key: string) => (key === "letter" ? stored : null) };

  expect(readRemembered("letter", ["a", "b"], storage)).toBe(chosen);
});
