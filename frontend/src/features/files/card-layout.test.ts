import { expect, test } from "vitest";
import { layOutCards } from "./card-layout.ts";

test("a phone shows two cards side by side, a desktop four", () => {
  expect(layOutCards(304)).toEqual({ columns: 2, width: 146, height: 162 });
  expect(layOutCards(808)).toEqual({ columns: 4, width: 193, height: 197 });
});

test("the narrowest page has two columns too", () => {
  expect(layOutCards(200).columns).toBe(2);
  expect(layOutCards(0)).toEqual({ columns: 2, width: 0, height: 52 });
});
