import { isActive, type Me, type StoredFile, type UploadQueue } from "@broker/client";
import type { QueryClient } from "@tanstack/react-query";
import { type FilePages, prependFile } from "../features/files/file-pages.ts";
import { FILES_KEY } from "../features/files/use-files.ts";
import { ME_KEY } from "../features/session/use-me.ts";

/** Show what was uploaded in the list and in the usage at once; ask the broker when the last one is done. */
export function followUploads(queue: UploadQueue, queries: QueryClient): () => void {
  return queue.onSettled(({ state }) => {
    if (state.status === "completed") {
      const { file } = state;
      queries.setQueryData<FilePages>(FILES_KEY, (data) => prependFile(data, file));
      countFile(queries, file, 1);
    }
    if (!queue.getSnapshot().some(isActive)) {
      void queries.invalidateQueries();
    }
  });
}

/** Add a file to the usage, or take it out with -1. */
export function countFile(queries: QueryClient, { size }: StoredFile, sign: 1 | -1): void {
  queries.setQueryData<Me>(
    ME_KEY,
    (me) => me && { ...me, usage: { files: me.usage.files + sign, bytes: me.usage.bytes + sign * size } },
  );
}
