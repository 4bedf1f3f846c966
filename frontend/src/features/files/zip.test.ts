import { expect, test } from "vitest";
import { unique } from "./zip.ts";

test("each file of an archive has a name of its own", () => {
  const taken = new Set<string>();

  expect(["a.txt", "a.txt", "b/a.txt", "a.txt", ".env", ".env"].map((name) => unique(name, taken))).toEqual([
    "a.txt",
    "a (2).txt",
    "b/a.txt",
    "a (3).txt",
    ".env",
    ".env (2)",
  ]);
});
