import type { UploadItem, UploadState } from "@broker/client";
import { explainError } from "../../shared/explain-error.ts";
import { formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";

/** Say why an upload failed, and what to do; the cause that the broker found when it was asked says more. */
export function explainFailure({ error, diagnosis }: Extract<UploadState, { status: "failed" }>): string {
  return diagnosis === null ? explainError(error) : messages.errors.causes[diagnosis.cause];
}

/** Say in a few words how an upload is doing. */
export function describeUpload({ size, state }: UploadItem): string {
  const { uploads } = messages;
  switch (state.status) {
    case "checking":
      return uploads.checking;
    case "sending":
      if (state.bytes === 0) {
        return uploads.starting;
      }
      // handed to the connection is not yet arrived
      return state.bytes < size
        ? uploads.bytes(formatSize(state.bytes), formatSize(size))
        : uploads.confirming;
    case "paused":
      return `${uploads.paused} · ${formatSize(size)}`;
    case "failed":
      return explainFailure(state);
    case "completed":
      return `${uploads.completed} · ${formatSize(size)}`;
    case "queued":
      return `${uploads.queued} · ${formatSize(size)}`;
    default:
      return uploads[state.status];
  }
}
