import { isActive, type Me, type StoredFile, throttle, type UploadQueue } from "@broker/client";
import type { QueryClient } from "@tanstack/react-query";
import { type FilePages, isListed, prependFiles } from "../features/files/file-pages.ts";
import { wantedOf } from "../features/files/filing.ts";
import { FILES_KEY } from "../features/files/use-files.ts";
import { ME_KEY } from "../features/session/use-me.ts";
import { forgetHandle } from "../features/uploads/file-handles.ts";

/** Small files complete faster than a long list can be drawn. */
const SHOW_EVERY_MS = 500;

/** Show what was uploaded in the lists and in the usage at once; ask the broker when the last one is done. */
export function followUploads(queue: UploadQueue, queries: QueryClient): () => void {
  const stored: StoredFile[] = [];
  const show = throttle(() => {
    const files = stored.splice(0);
    for (const { queryKey } of queries.getQueryCache().findAll({ queryKey: FILES_KEY })) {
      const listed = files.filter((file) => isListed(file, wantedOf(queryKey)));
      queries.setQueryData<FilePages>(queryKey, (data) => prependFiles(data, listed.toReversed()));
    }
    countFiles(queries, files);
    if (!queue.getSnapshot().some(isActive)) {
      void queries.invalidateQueries();
    }
  }, SHOW_EVERY_MS);

  return queue.onSettled((item) => {
    const { state } = item;
    if (state.status === "completed") {
      stored.push(state.file);
      void forgetHandle(item);
    }
    show();
  });
}

/** Add files to the usage. */
function countFiles(queries: QueryClient, files: readonly StoredFile[]): void {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  queries.setQueryData<Me>(
    ME_KEY,
    (me) =>
      me && {
        ...me,
        usage: { ...me.usage, files: me.usage.files + files.length, bytes: me.usage.bytes + bytes },
      },
  );
}
