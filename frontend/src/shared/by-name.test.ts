import { expect, test } from "vitest";
import { byName } from "./by-name.ts";

test("names are sorted as people do", () => {
  expect(["Day 10", "b", "day 2", "ä", "Z", "Day 1"].toSorted(byName)).toEqual([
    "ä",
    "b",
    "Day 1",
    "day 2",
    "Day 10",
    "Z",
  ]);
});
