import type { Broker, StoredFile } from "@broker/client";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";

const PATIENCE_MS = 30_000;

/** Have the browser download a file straight from the store. */
export function useDownloadFile(
  broker: Broker,
  onStarted: (file: StoredFile) => void,
): UseMutationResult<void, Error, StoredFile> {
  return useMutation({
    mutationFn: async ({ id }: StoredFile) => {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const { url } = await broker.downloadFile(id, { disposition: "attachment" }, { signal });
      follow(url);
    },
    onSuccess: (_, file) => onStarted(file),
  });
}

/**
 * Go to a URL without leaving the page.
 *
 * In a tab of its own, which the browser closes as soon as it sees an attachment: in this one, a store that is
 * down would replace the page, and a guard that asks before leaving would ask before every download.
 */
function follow(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  document.body.append(link);
  link.click();
  link.remove();
}
