import { expect, test } from "vitest";
import { neighbour, type Place } from "./neighbour.ts";

/** Three in a row, the last row short; drawn in any order. */
const GRID: readonly Place[] = [
  { top: 100, left: 0 },
  { top: 0, left: 0 },
  { top: 0, left: 10 },
  { top: 0, left: 20 },
  { top: 100.4, left: 10 },
];

test("arrows lead to what is next to a card", () => {
  expect(neighbour(GRID, 1, "right")).toBe(2);
  expect(neighbour(GRID, 3, "left")).toBe(2);
  expect(neighbour(GRID, 2, "down")).toBe(4);
  expect(neighbour(GRID, 4, "up")).toBe(2);
});

test("from above a gap, down leads to the nearest card of the next row", () => {
  expect(neighbour(GRID, 3, "down")).toBe(4);
});

test("at the edge an arrow leads nowhere", () => {
  expect(neighbour(GRID, 3, "right")).toBeNull();
  expect(neighbour(GRID, 1, "up")).toBeNull();
  expect(neighbour(GRID, 4, "down")).toBeNull();
  expect(neighbour(GRID, 4, "right")).toBeNull();
  expect(neighbour(GRID, -1, "right")).toBeNull();
});

test("in a list, arrows lead up and down alone", () => {
  const list = [0, 56, 112].map((top) => ({ top, left: 0 }));

  expect(neighbour(list, 1, "down")).toBe(2);
  expect(neighbour(list, 1, "up")).toBe(0);
  expect(neighbour(list, 1, "right")).toBeNull();
});
