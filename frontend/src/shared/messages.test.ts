import { expect, test } from "vitest";
import { english } from "./messages.en.ts";

test("large numbers are written alike wherever something is counted", () => {
  const { collisions, files, links, uploads } = english;

  const told = [
    files.usage(5000, "1 MB"),
    collisions.question("a.txt", 5000),
    uploads.summary.sending(5000, 5000),
    uploads.summary.done(5000),
    uploads.summary.failed(5000),
    uploads.announceManyCompleted(5000),
    uploads.announceManyFailed(5000),
    links.used(5000, 5000),
    links.received(5000, 5000),
  ];

  expect(told.filter((text) => text.includes("5000"))).toEqual([]);
});
