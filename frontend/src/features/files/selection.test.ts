import { describe, expect, test } from "vitest";
import { choose, NOTHING, prune, successor } from "./selection.ts";

const keys = ["/a", "1", "2", "3"];

describe("a selection", () => {
  test("takes a row in and out", () => {
    const one = choose(NOTHING, "1", { keys, anchor: null });
    expect([...one]).toEqual(["1"]);
    expect(choose(one, "1", { keys, anchor: null })).toEqual(NOTHING);
  });

  test("takes all rows from the anchor on, in either direction", () => {
    const down = choose(new Set(["/a"]), "2", { keys, anchor: "/a" });
    expect([...down]).toEqual(["/a", "1", "2"]);
    expect([...choose(new Set(["3"]), "1", { keys, anchor: "3" })].toSorted()).toEqual(["1", "2", "3"]);
    expect([...choose(down, "1", { keys, anchor: "2" })]).toEqual(["/a"]);
  });

  test("takes the row alone when the anchor has gone", () => {
    expect([...choose(NOTHING, "2", { keys, anchor: "gone" })]).toEqual(["2"]);
  });

  test("forgets what has gone, and is the same while nothing has", () => {
    const selection = new Set(["1", "2"]);
    expect(prune(selection, keys)).toBe(selection);
    expect([...prune(selection, ["2"])]).toEqual(["2"]);
  });
});

test.each([
  [["1"], "2"],
  [["1", "2"], "3"],
  [["1", "3"], "2"],
  [["3"], "2"],
  [keys, null],
  [["elsewhere"], null],
])("when %j go, %j comes to stand there", (gone, expected) => {
  expect(successor(keys, new Set(gone))).toBe(expected);
});
