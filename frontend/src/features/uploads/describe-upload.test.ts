import { SourceUnreadable, StoreUnreachable, type UploadState } from "@broker/client";
import { expect, test } from "vitest";
import { storedFile } from "../../../packages/client/testing/stored-file.ts";
import { describeUpload } from "./describe-upload.ts";

test.each<[UploadState, string]>([
  [{ status: "queued" }, "Queued · 2 MB"],
  [{ status: "checking", bytes: 1e6 }, "Checking…"],
  [{ status: "sending", bytes: 0 }, "Starting…"],
  [{ status: "sending", bytes: 1e6 }, "1 MB of 2 MB"],
  [{ status: "sending", bytes: 2e6 }, "Confirming…"],
  [{ status: "waiting" }, "Connection trouble, trying again…"],
  [{ status: "paused", bytes: 1e6 }, "Paused · 2 MB"],
  [{ status: "confirming" }, "Confirming…"],
  [{ status: "completed", file: storedFile() }, "Uploaded · 2 MB"],
  [{ status: "cancelled" }, "Cancelled"],
  [
    { status: "failed", error: new SourceUnreadable(), canRetry: false, diagnosis: null },
    "The file can no longer be read: it was moved, changed or locked. Choose it again.",
  ],
  [
    {
      status: "failed",
      error: new StoreUnreachable(),
      canRetry: true,
      diagnosis: { cause: "store-full", detail: "The store is full.", action: "Delete something." },
    },
    "The storage is full. Tell your administrator; the upload can go on afterwards.",
  ],
])("%o is told as %j", (state, expected) => {
  expect(describeUpload({ id: 1, name: "a", folder: "", size: 2e6, type: "a/b", batch: 1, state })).toBe(
    expected,
  );
});
