import { expect, test } from "vitest";
import { hashOf, parseHash } from "./use-hash-folder.ts";

test.each(["", "a", "a/b", "100% ü/#1", "?q=1/&"])("%s stands in the address and is read again", (folder) => {
  expect(parseHash(hashOf(folder))).toBe(folder);
});

test.each(["", "#", "#/", "#//", "#/%", "#/%zz"])("%s is the top", (hash) => {
  expect(parseHash(hash)).toBe("");
});
