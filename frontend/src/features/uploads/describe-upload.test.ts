import { SourceUnreadable, type UploadState } from "@broker/client";
import { expect, test } from "vitest";
import { describeUpload } from "./describe-upload.ts";

const FILE = {
  id: "f",
  name: "a",
  size: 2e6,
  type: "a/b",
  checksum: null,
  created_at: "2026-11-22T12:00:00Z",
};

test.each<[UploadState, string]>([
  [{ status: "queued" }, "Queued · 2 MB"],
  [{ status: "checking", bytes: 1e6 }, "Checking…"],
  [{ status: "sending", bytes: 0 }, "Starting…"],
  [{ status: "sending", bytes: 1e6 }, "1 MB of 2 MB"],
  [{ status: "sending", bytes: 2e6 }, "Confirming…"],
  [{ status: "waiting" }, "Connection trouble, trying again…"],
  [{ status: "confirming" }, "Confirming…"],
  [{ status: "completed", file: FILE }, "Uploaded · 2 MB"],
  [{ status: "cancelled" }, "Cancelled"],
  [
    { status: "failed", error: new SourceUnreadable(), canRetry: false },
    "The file can no longer be read: it was moved, changed or locked. Choose it again.",
  ],
])("%o is told as %j", (state, expected) => {
  expect(describeUpload({ id: 1, name: "a", size: 2e6, type: "a/b", batch: 1, state })).toBe(expected);
});
