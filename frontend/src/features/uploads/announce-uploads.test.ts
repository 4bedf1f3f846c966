import { StoreUnreachable, type UploadItem } from "@broker/client";
import { expect, test } from "vitest";
import { storedFile } from "../../../packages/client/testing/stored-file.ts";
import { describeSettled } from "./announce-uploads.ts";

function completed(name: string): UploadItem {
  const file = storedFile({ id: name, name });
  return { id: 1, name, folder: "", size: 1, type: "a/b", batch: 1, state: { status: "completed", file } };
}

function failed(name: string): UploadItem {
  const state = { status: "failed", error: new StoreUnreachable(), canRetry: true, diagnosis: null } as const;
  return { ...completed(name), state };
}

test("a few uploads are told by name, a failure with its reason", () => {
  expect(describeSettled([completed("a.txt"), failed("b.txt")])).toBe(
    "a.txt uploaded. b.txt failed: The storage does not answer. Check your connection and try again.",
  );
});

test("many are counted", () => {
  const names = ["a", "b", "c", "d"];

  expect(describeSettled(names.map(completed))).toBe("4 files uploaded.");
  expect(describeSettled(names.map(failed))).toBe("4 uploads failed.");
  expect(describeSettled([...names.map(completed), ...names.map(failed)])).toBe(
    "4 files uploaded. 4 uploads failed.",
  );
});
