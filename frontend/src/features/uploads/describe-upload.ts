import type { UploadItem } from "@broker/client";
import { explainError } from "../../shared/explain-error.ts";
import { formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";

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
    case "failed":
      return explainError(state.error);
    case "completed":
      return `${uploads.completed} · ${formatSize(size)}`;
    case "queued":
      return `${uploads.queued} · ${formatSize(size)}`;
    default:
      return uploads[state.status];
  }
}
