import { describe, expect, test } from "vitest";
import { storedFile } from "../../../packages/client/testing/stored-file.ts";
import { type FilePages, flatten, isListed, prependFiles, removeFiles } from "./file-pages.ts";

const file = (id: string) => storedFile({ id, name: `${id}.txt` });

function pages(...ids: readonly (readonly string[])[]): FilePages {
  return {
    pages: ids.map((page) => ({ items: page.map(file), next_cursor: null })),
    pageParams: ids.map(() => null),
  };
}

const ids = (data: FilePages | undefined) => data?.pages.map(({ items }) => items.map(({ id }) => id));

describe("prependFiles", () => {
  test("puts new files in front and keeps the rest as it was", () => {
    const data = pages(["b", "a"], ["0"]);
    const after = prependFiles(data, [file("d"), file("c")]);

    expect(ids(after)).toEqual([["d", "c", "b", "a"], ["0"]]);
    expect(after?.pages[1]).toBe(data.pages[1]);
  });

  test("leaves out what a refresh already brought", () => {
    expect(ids(prependFiles(pages(["b"], ["a"]), [file("c"), file("a")]))).toEqual([["c", "b"], ["a"]]);
  });

  test("does nothing before the list is loaded", () => {
    expect(prependFiles(undefined, [file("a")])).toBeUndefined();
  });
});

test("removeFiles takes files out of whichever page has them", () => {
  expect(ids(removeFiles(pages(["c", "b"], ["a"]), new Set(["a", "c"])))).toEqual([["b"], []]);
});

test("a file that was just stored stands in its folder and among all, in no search and no trash", () => {
  const stored = storedFile({ folder: "a" });

  expect(
    [{ folder: "a" }, {}, { folder: "" }, { q: "a" }, { trashed: true }].map((q) => isListed(stored, q)),
  ).toEqual([true, true, false, false, false]);
});

test("flatten lists a file once, though a new one in front pushed it onto the next page too", () => {
  expect(flatten(pages(["c", "b"], ["b", "a"])).map(({ id }) => id)).toEqual(["c", "b", "a"]);
});
