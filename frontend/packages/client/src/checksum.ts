import { checksumBlob } from "./blob-checksum.ts";
import type { ChecksumMessage } from "./checksum-worker.ts";
import { SourceUnreadable } from "./failures.ts";

/** Up to here hashing takes about a millisecond: less than starting a Worker. */
const INLINE_LIMIT = 1024 * 1024;

/**
 * Compute a blob's checksum without holding up the page.
 *
 * @throws SourceUnreadable
 */
export function checksum(
  blob: Blob,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<string> {
  if (blob.size <= INLINE_LIMIT) {
    return checksumBlob(blob, { signal, onProgress });
  }
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const worker = new Worker(new URL("./checksum-worker.js", import.meta.url), { type: "module" });
    const end = () => {
      worker.terminate();
      signal.removeEventListener("abort", abort);
    };
    const abort = () => {
      end();
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });

    worker.addEventListener("message", ({ data }: MessageEvent<ChecksumMessage>) => {
      if (data.type === "progress") {
        onProgress(data.bytes);
        return;
      }
      end();
      if (data.type === "done") {
        resolve(data.checksum);
      } else {
        reject(new SourceUnreadable("The file cannot be read"));
      }
    });
    worker.addEventListener("error", (event) => {
      end();
      reject(new Error(`The checksum worker failed: ${event.message}`));
    });
    worker.postMessage(blob);
  });
}
