import { describe, expect, test } from "vitest";
import { storedFile } from "../testing/stored-file.ts";
import { StoreUnreachable } from "./failures.ts";
import type { UploadItem, UploadState } from "./upload-item.ts";
import { batchProgress, progressOf } from "./upload-progress.ts";

const COMPLETED: UploadState = { status: "completed", file: storedFile() };
const FAILED: UploadState = {
  status: "failed",
  error: new StoreUnreachable(),
  canRetry: true,
  diagnosis: null,
};

function item(state: UploadState, { size = 99, batch = 1 } = {}): UploadItem {
  return { id: 1, name: "a", folder: "", size, type: "a/b", batch, state };
}

describe("progressOf", () => {
  test.each<[UploadState, number]>([
    [{ status: "queued" }, 0],
    [{ status: "checking", bytes: 33 }, 1 / 3],
    [{ status: "sending", bytes: 33 }, 1 / 3],
    [{ status: "sending", bytes: 99 }, 0.99],
    [{ status: "paused", bytes: 33 }, 1 / 3],
    [{ status: "waiting" }, 0],
    [{ status: "confirming" }, 0.99],
    [COMPLETED, 1],
  ])("%o is at %d", (state, expected) => {
    expect(progressOf(item(state))).toBe(expected);
  });

  test("an empty file goes from nothing to all", () => {
    expect(progressOf(item({ status: "sending", bytes: 0 }, { size: 0 }))).toBe(0);
  });
});

describe("batchProgress", () => {
  test("weighs files by their bytes and leaves out what will not arrive", () => {
    const progress = batchProgress([
      item(COMPLETED),
      item({ status: "sending", bytes: 150 }, { size: 299 }),
      item({ status: "checking", bytes: 90 }),
      item(FAILED),
      item({ status: "cancelled" }),
    ]);

    expect(progress).toMatchObject({ active: 2, completed: 1, failed: 1, total: 4 });
    expect(progress.fraction).toBeCloseTo((100 + 150) / 500, 2);
  });

  test("is not whole while anything is open, however small", () => {
    const items = [item(COMPLETED, { size: 1e12 }), item({ status: "queued" }, { size: 0 })];

    expect(batchProgress(items).fraction).toBe(0.99);
  });

  test("leaves what is paused out of the bytes that a time is told for, and counts it otherwise", () => {
    const progress = batchProgress([
      item({ status: "sending", bytes: 33 }),
      item({ status: "paused", bytes: 50 }, { size: 1e12 }),
    ]);

    expect(progress).toMatchObject({ active: 2, total: 2, bytesLeft: 66 });
    expect(progress.fraction).toBeLessThan(0.01);
  });

  test("forgets earlier batches", () => {
    const items = [item(COMPLETED, { size: 1e12, batch: 1 }), item({ status: "queued" }, { batch: 2 })];

    expect(batchProgress(items)).toEqual({
      active: 1,
      completed: 0,
      failed: 0,
      total: 1,
      bytesLeft: 99,
      fraction: 0,
    });
  });

  test("of nothing is nothing", () => {
    expect(batchProgress([])).toEqual({
      active: 0,
      completed: 0,
      failed: 0,
      total: 0,
      bytesLeft: 0,
      fraction: 0,
    });
  });
});
