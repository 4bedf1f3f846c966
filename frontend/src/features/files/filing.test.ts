import { expect, test } from "vitest";
import { storedFile } from "../../../packages/client/testing/stored-file.ts";
import { mayMove } from "./filing.ts";

const here = storedFile({ folder: "a" });

test.each([
  [{ files: [here], folders: [] }, "", true],
  [{ files: [here], folders: [] }, "a", false],
  [{ files: [here], folders: ["b"] }, "a", true],
  [{ files: [], folders: ["a"] }, "a", false],
  [{ files: [], folders: ["a"] }, "a/b", false],
  [{ files: [], folders: ["a"] }, "ab", true],
  [{ files: [], folders: ["a/b"] }, "a", false],
  [{ files: [], folders: ["a/b"] }, "", true],
])("whether %o may be moved to %o: %s", (chosen, to, expected) => {
  expect(mayMove(chosen, to)).toBe(expected);
});
