import { expect, test } from "vitest";
import { splitName } from "./split-name.ts";

test.each([
  ["a short name stays whole", "report.pdf", ["report.pdf", ""]],
  ["24 characters stay whole", "a".repeat(24), ["a".repeat(24), ""]],
  [
    "a long one keeps its ending",
    "quarterly-report-2026-final-v2.pdf",
    ["quarterly-report-2026-", "final-v2.pdf"],
  ],
  ["no name at all is fine", "", ["", ""]],
])("%s", (_, name, expected) => {
  expect(splitName(name)).toEqual(expected);
});

test("what a reader sees as one character is never cut in two", () => {
  const family = "👨‍👩‍👧‍👦";
  const [head, tail] = splitName(family.repeat(30));

  expect([head, tail]).toEqual([family.repeat(18), family.repeat(12)]);
});
