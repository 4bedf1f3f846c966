import { isActive, sentOf, type UploadItem } from "./upload-item.ts";

/** What handed-over bytes may show at most: only the broker's word is the whole. */
const ALMOST = 0.99;

/** The sum over the latest batch. */
export interface BatchProgress {
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
  readonly total: number;
  /** Bytes that are still to be handed over, but those of paused uploads, which nobody can tell the time of. */
  readonly bytesLeft: number;
  /** From 0 to 1; 1 only when the broker has confirmed everything. */
  readonly fraction: number;
}

/** Tell how far one upload is, from 0 to 1; 1 only when the broker has confirmed it. */
export function progressOf({ size, state }: UploadItem): number {
  switch (state.status) {
    case "completed":
      return 1;
    case "confirming":
      return ALMOST;
    case "checking":
    case "paused":
    case "sending":
      return size === 0 ? 0 : Math.min(ALMOST, state.bytes / size);
    default:
      return 0;
  }
}

/** Add up the latest batch. What was cancelled no longer counts; hashing is not sending. */
export function batchProgress(items: readonly UploadItem[]): BatchProgress {
  const last = items.reduce((latest, { batch }) => Math.max(latest, batch), 0);
  const batch = items.filter((item) => item.batch === last && item.state.status !== "cancelled");
  const failed = batch.filter(({ state }) => state.status === "failed").length;
  const active = batch.filter(isActive).length;
  const wanted = batch.filter(({ state }) => state.status !== "failed");
  // one more byte each, so that empty files count for something
  const whole = wanted.reduce((sum, { size }) => sum + size + 1, 0);
  const sent = wanted.reduce((sum, item) => sum + sentShare(item) * (item.size + 1), 0);

  return {
    active,
    completed: batch.length - failed - active,
    failed,
    total: batch.length,
    bytesLeft: wanted.reduce((sum, item) => sum + bytesLeft(item), 0),
    fraction: whole === 0 ? 0 : active === 0 ? 1 : Math.min(ALMOST, sent / whole),
  };
}

function bytesLeft(item: UploadItem): number {
  return item.state.status === "paused" ? 0 : item.size - sentOf(item);
}

function sentShare(item: UploadItem): number {
  return item.state.status === "checking" ? 0 : progressOf(item);
}
