import { expect, test } from "vitest";
import { readDrop } from "./read-drop.ts";

interface Dropped {
  readonly name: string;
  readonly isDirectory: boolean | null;
}

/** What a drop gives; `isDirectory` null is a browser that gives no entries. */
function drop(...dropped: readonly Dropped[]) {
  return {
    items: dropped.map(({ name, isDirectory }) => ({
      kind: "file",
      webkitGetAsEntry: () => (isDirectory === null ? null : { isDirectory }),
      getAsFile: () => new File([], name),
    })),
  };
}

const names = ({ files }: { files: readonly File[] }) => files.map(({ name }) => name);

test("folders are counted and left out", () => {
  const result = readDrop(
    drop(
      { name: "a.txt", isDirectory: false },
      { name: "photos", isDirectory: true },
      { name: "b.txt", isDirectory: false },
    ),
  );

  expect([names(result), result.folders]).toEqual([["a.txt", "b.txt"], 1]);
});

test("a browser that gives no entries gives files all the same", () => {
  const result = readDrop(drop({ name: "a.txt", isDirectory: null }));

  expect([names(result), result.folders]).toEqual([["a.txt"], 0]);
});
