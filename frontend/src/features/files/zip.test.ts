import { expect, test } from "vitest";
import { foldersAbove, unique } from "./zip.ts";

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

test("no file of an archive is called like a folder, nor like another one but for its case", () => {
  const taken = new Set(["a/b", "A/B/c.txt"].flatMap(foldersAbove));

  expect(["a/b", "A/B/c.txt", "a/b/C.txt"].map((name) => unique(name, taken))).toEqual([
    "a/b (2)",
    "A/B/c.txt",
    "a/b/C (2).txt",
  ]);
});
