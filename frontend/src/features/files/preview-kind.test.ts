import { expect, test } from "vitest";
import { previewKind } from "./preview-kind.ts";

test.each([
  ["a.png", "image/png", "image"],
  ["a.svg", "image/svg+xml", null],
  ["a.mp4", "video/mp4", "video"],
  ["a.mp3", "audio/mpeg", "audio"],
  ["a.pdf", "application/pdf", "pdf"],
  ["a.txt", "text/plain", "text"],
  ["a.html", "text/html", "text"],
  ["a.rs", "application/octet-stream", "text"],
  ["a.csv", "text/csv", "text"],
  ["a.zip", "application/zip", null],
  ["a.bin", "application/octet-stream", null],
])("%s of %s is looked at as %s", (name, type, expected) => {
  expect(previewKind({ name, type })).toBe(expected);
});
