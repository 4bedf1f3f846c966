import { type Broker, probeObject, type StoredFile } from "@broker/client";
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
      const request = await broker.downloadFile(id, { disposition: "attachment" }, { signal });
      await probeObject(request, { signal });
      follow(request.url);
    },
    onSuccess: (_, file) => onStarted(file),
  });
}

/**
 * Go to a URL that answers with an attachment, without leaving the page.
 *
 * In a hidden frame: after an await a tab of its own may count as a pop-up, and in this one a guard that asks
 * before leaving would ask before every download.
 */
function follow(url: string): void {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.sandbox.add("allow-downloads");
  frame.src = url;
  document.body.append(frame);
  setTimeout(() => frame.remove(), PATIENCE_MS);
}
