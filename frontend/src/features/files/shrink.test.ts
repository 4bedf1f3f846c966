import { expect, test } from "vitest";
import { shrink } from "./shrink.ts";

test("a picture keeps its shape, and a small one its size", () => {
  expect(shrink({ width: 4000, height: 3000 }, 320)).toEqual({ width: 320, height: 240 });
  expect(shrink({ width: 300, height: 900 }, 320)).toEqual({ width: 107, height: 320 });
  expect(shrink({ width: 20, height: 10 }, 320)).toEqual({ width: 20, height: 10 });
});

test("nothing becomes thinner than a pixel", () => {
  expect(shrink({ width: 10_000, height: 1 }, 320)).toEqual({ width: 320, height: 1 });
});
