// Runs in a Worker: takes one blob, answers with its progress and its checksum.
import { checksumBlob } from "./blob-checksum.ts";
import type { ChecksumAlgorithm } from "./wire.ts";

export interface ChecksumTask {
  readonly blob: Blob;
  readonly algorithm: ChecksumAlgorithm;
}

export type ChecksumMessage =
  | { readonly type: "progress"; readonly bytes: number }
  | { readonly type: "done"; readonly checksum: string }
  | { readonly type: "unreadable" };

const REPORT_EVERY_MS = 100;

// the page terminates the worker when it gives up
const { signal } = new AbortController();

self.addEventListener("message", async ({ data: { blob, algorithm } }: MessageEvent<ChecksumTask>) => {
  let reportedAt = 0;
  const onProgress = (bytes: number) => {
    const now = performance.now();
    if (now - reportedAt >= REPORT_EVERY_MS) {
      reportedAt = now;
      answer({ type: "progress", bytes });
    }
  };
  try {
    answer({ type: "done", checksum: await checksumBlob(blob, { algorithm, signal, onProgress }) });
  } catch {
    answer({ type: "unreadable" });
  }
});

function answer(message: ChecksumMessage): void {
  self.postMessage(message);
}
