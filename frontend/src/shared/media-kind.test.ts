import { expect, test } from "vitest";
import { mediaKind } from "./media-kind.ts";

const OFFICE = "application/vnd.openxmlformats-officedocument";

test.each([
  ["photo.JPG", "image/jpeg", "image"],
  ["IMG_1.HEIC", "", "image"],
  ["talk.pdf", "application/pdf", "pdf"],
  ["letter.docx", `${OFFICE}.wordprocessingml.document`, "text"],
  ["budget.xlsx", `${OFFICE}.spreadsheetml.sheet`, "sheet"],
  ["deck.pptx", `${OFFICE}.presentationml.presentation`, "slides"],
  ["table.csv", "text/csv", "sheet"],
  ["notes.txt", "text/plain; charset=utf-8", "text"],
  ["page.html", "text/html", "code"],
  ["data.json", "application/json", "code"],
  ["drawing.svg", "image/svg+xml", "image"],
  ["feed", "application/atom+xml", "code"],
  ["backup.tar.zst", "application/octet-stream", "archive"],
  ["noextension", "application/octet-stream", "other"],
  ["", "", "other"],
])("%s of type %j is shown as %s", (name, type, expected) => {
  expect(mediaKind({ name, type })).toBe(expected);
});
