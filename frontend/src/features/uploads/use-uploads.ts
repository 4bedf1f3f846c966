import type { UploadItem, UploadQueue } from "@broker/client";
import { useSyncExternalStore } from "react";

/** Follow a queue: what it has, and how each of it is doing. */
export function useUploads(queue: UploadQueue): readonly UploadItem[] {
  return useSyncExternalStore(queue.subscribe, queue.getSnapshot);
}
