import { describe, expect, test } from "vitest";
import { storedFile } from "../../../packages/client/testing/stored-file.ts";
import { type FilePages, flatten, prependFiles, removeFile } from "./file-pages.ts";

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

test("removeFile takes a file out of whichever page has it", () => {
  expect(ids(removeFile(pages(["c", "b"], ["a"]), "a"))).toEqual([["c", "b"], []]);
});

test("flatten lists a file once, though a new one in front pushed it onto the next page too", () => {
  expect(flatten(pages(["c", "b"], ["b", "a"])).map(({ id }) => id)).toEqual(["c", "b", "a"]);
});
