import { Problem } from "./problem.ts";
import type { TransferState } from "./transport.ts";
import type { Diagnosis, StoredFile } from "./wire.ts";

export type UploadState =
  | TransferState
  | { readonly status: "queued" }
  | { readonly status: "completed"; readonly file: StoredFile }
  | {
      readonly status: "failed";
      readonly error: Error;
      readonly canRetry: boolean;
      /** What the broker found when it was asked why; null when there was nothing to ask. */
      readonly diagnosis: Diagnosis | null;
    }
  /** Somebody stopped it for now; `bytes` had been sent, and most of them are kept. */
  | { readonly status: "paused"; readonly bytes: number }
  | { readonly status: "cancelled" };

/** One row of a list of uploads. A change makes a new object. */
export interface UploadItem {
  readonly id: number;
  readonly name: string;
  readonly folder: string;
  readonly size: number;
  readonly type: string;
  /** Items share a batch until nothing is left to do. */
  readonly batch: number;
  readonly state: UploadState;
}

/** Say whether there is still something to do, now or as soon as a lane is free. */
export function isActive({ state }: UploadItem): boolean {
  return state.status !== "completed" && state.status !== "failed" && state.status !== "cancelled";
}

/** Say whether it can be stopped for now: not when the broker is about to make it a file. */
export function isPausable(item: UploadItem): boolean {
  const { status } = item.state;
  return isActive(item) && status !== "paused" && status !== "confirming";
}

/** Return how many bytes of a file have been handed over. */
export function sentOf({ size, state }: UploadItem): number {
  switch (state.status) {
    case "sending":
    case "paused":
      return Math.min(size, state.bytes);
    case "confirming":
    case "completed":
      return size;
    default:
      return 0;
  }
}

/** Say whether it failed because there is a file of its name: `settleCollisions` sends it all the same. */
export function isCollision({ state }: UploadItem): boolean {
  return state.status === "failed" && state.error instanceof Problem && state.error.slug === "name-taken";
}

export function isRetryable({ state }: UploadItem): boolean {
  return state.status === "cancelled" || (state.status === "failed" && state.canRetry);
}
