import { type Broker, Problem, type StoredFile } from "@broker/client";
import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FilePages, removeFile } from "./file-pages.ts";
import { FILES_KEY } from "./use-files.ts";

const PATIENCE_MS = 30_000;

/** Delete a file for good. One that is gone already counts as deleted. */
export function useDeleteFile(
  broker: Broker,
  onDeleted: (file: StoredFile) => void,
): UseMutationResult<void, Error, StoredFile> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id }: StoredFile) => {
      try {
        await broker.deleteFile(id, { signal: AbortSignal.timeout(PATIENCE_MS) });
      } catch (error) {
        if (!(error instanceof Problem && error.slug === "not-found")) {
          throw error;
        }
      }
    },
    onSuccess: (_, file) => {
      queries.setQueryData<FilePages>(FILES_KEY, (data) => removeFile(data, file.id));
      onDeleted(file);
    },
  });
}
