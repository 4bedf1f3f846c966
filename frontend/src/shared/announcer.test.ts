import { expect, test } from "vitest";
import { Announcer } from "./announcer.ts";

test("the same words twice are a new text each time, so that they are read out again", () => {
  const announcer = new Announcer();
  const texts: string[] = [];
  announcer.subscribe(() => texts.push(announcer.getSnapshot()));

  announcer.announce("a.txt uploaded.");
  announcer.announce("a.txt uploaded.");

  expect(new Set(texts).size).toBe(2);
  expect(texts.map((text) => text.trim())).toEqual(["a.txt uploaded.", "a.txt uploaded."]);
});
