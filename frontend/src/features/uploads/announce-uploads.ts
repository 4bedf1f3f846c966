import { isCollision, type UploadItem, type UploadQueue } from "@broker/client";
import { messages } from "../../shared/messages.ts";
import { explainFailure } from "./describe-upload.ts";

/** What settles within this time is told in one go. */
const GATHER_MS = 250;

/** Above this, a number says more than names. */
const NAMES_LIMIT = 3;

/** Announce every upload that completes or fails. Returns how to stop that. */
export function announceUploads(queue: UploadQueue, announce: (text: string) => void): () => void {
  const settled: UploadItem[] = [];
  let timeout: ReturnType<typeof setTimeout> | undefined;
  const unsubscribe = queue.onSettled((item) => {
    // of a name that is taken a notice tells, and asks
    if (!isCollision(item) && settled.push(item) === 1) {
      timeout = setTimeout(() => announce(describeSettled(settled.splice(0))), GATHER_MS);
    }
  });
  return () => {
    unsubscribe();
    clearTimeout(timeout);
  };
}

/** Name a few uploads with what became of them; count many. */
export function describeSettled(items: readonly UploadItem[]): string {
  if (items.length <= NAMES_LIMIT) {
    return items.map(describeOne).join(" ");
  }
  const failed = items.filter(({ state }) => state.status === "failed").length;
  const completed = items.length - failed;
  return [
    completed > 0 ? messages.uploads.announceManyCompleted(completed) : "",
    failed > 0 ? messages.uploads.announceManyFailed(failed) : "",
  ]
    .join(" ")
    .trim();
}

function describeOne({ name, state }: UploadItem): string {
  return state.status === "failed"
    ? messages.uploads.announceFailed(name, explainFailure(state))
    : messages.uploads.announceCompleted(name);
}
