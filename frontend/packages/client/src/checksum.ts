import { checksumBlob } from "./blob-checksum.ts";
import type { ChecksumMessage, ChecksumTask } from "./checksum-worker.ts";
import { SourceUnreadable } from "./failures.ts";
import { Lanes } from "./lanes.ts";
import { SMALL } from "./source.ts";
import type { Hashing } from "./transport.ts";

/** Two hash faster than most lines send, and leave the page its share of the processor. */
const WORKERS = 2;

/** After so many bytes a Worker is replaced: its garbage, all that it has read, would come to hundreds of MiB. */
const WORKER_BYTES = 64 * 1024 * 1024;

/** A Worker without work is kept for so long: the next part comes soon. */
const IDLE_MS = 10_000;

/** So many are hashed in the page side by side: all of a thousand at once would hold it up. */
const INLINE = 8;

const workerLanes = new Lanes({ most: WORKERS, first: WORKERS });
const inlineLanes = new Lanes({ most: INLINE, first: INLINE });
const idle: { readonly worker: Worker; readonly hashed: number }[] = [];
let dismissal: ReturnType<typeof setTimeout> | undefined;

/**
 * Compute a blob's checksum without holding up the page.
 *
 * @throws SourceUnreadable
 */
export function checksum(blob: Blob, hashing: Hashing): Promise<string> {
  return blob.size <= SMALL
    ? inlineLanes.use(hashing.signal, () => checksumBlob(blob, hashing))
    : workerLanes.use(hashing.signal, () => checksumElsewhere(blob, hashing));
}

function checksumElsewhere(blob: Blob, { algorithm, signal, onProgress }: Hashing): Promise<string> {
  const { worker, hashed } = idle.pop() ?? {
    worker: new Worker(new URL("./checksum-worker.js", import.meta.url), { type: "module" }),
    hashed: 0,
  };
  return new Promise<string>((resolve, reject) => {
    const end = (outcome: () => void) => {
      signal.removeEventListener("abort", abort);
      outcome();
    };
    const abort = () => {
      worker.terminate();
      end(() => reject(signal.reason));
    };
    signal.addEventListener("abort", abort, { once: true });

    worker.onmessage = ({ data }: MessageEvent<ChecksumMessage>) => {
      if (data.type === "progress") {
        onProgress(data.bytes);
        return;
      }
      keep(worker, hashed + blob.size);
      end(() =>
        data.type === "done"
          ? resolve(data.checksum)
          : reject(new SourceUnreadable("The file cannot be read")),
      );
    };
    worker.onerror = ({ message }) => {
      worker.terminate();
      end(() => reject(new Error(`The checksum worker failed: ${message}`)));
    };
    worker.postMessage({ blob, algorithm } satisfies ChecksumTask);
  });
}

function keep(worker: Worker, hashed: number): void {
  if (hashed >= WORKER_BYTES) {
    worker.terminate();
    return;
  }
  idle.push({ worker, hashed });
  clearTimeout(dismissal);
  dismissal = setTimeout(() => {
    for (const { worker } of idle.splice(0)) {
      worker.terminate();
    }
  }, IDLE_MS);
}
