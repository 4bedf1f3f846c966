import { probeObject, type StoredFile } from "@broker/client";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { followDownload } from "../../shared/follow-download.ts";
import type { PageBroker } from "../../shared/page-broker.ts";

const PATIENCE_MS = 30_000;

/** Have the browser download a file straight from the store. */
export function useDownloadFile(
  broker: PageBroker,
  onStarted: (file: StoredFile) => void,
): UseMutationResult<void, Error, StoredFile> {
  return useMutation({
    mutationFn: async ({ id }: StoredFile) => {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const request = await broker.downloadFile(id, { disposition: "attachment" }, { signal });
      await probeObject(request, { signal });
      followDownload(request.url);
    },
    onSuccess: (_, file) => onStarted(file),
  });
}
