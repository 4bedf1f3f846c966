import type { StoredFile, UploadQueue } from "@broker/client";
import type { QueryClient } from "@tanstack/react-query";
import { THUMBNAILS_KEY, thumbnailKind } from "../features/files/thumbnails.ts";
import type { PageBroker } from "../shared/page-broker.ts";

/** To read a larger one would take the page's memory and time. */
const MOST_BYTES = 50_000_000;

/** However busy the page is, it goes on after so long. */
const LATEST_MS = 5_000;

type StoreThumbnail = (broker: PageBroker, file: StoredFile, source: Blob) => Promise<void>;

interface Following {
  readonly broker: PageBroker;
  readonly queue: Pick<UploadQueue, "onSettled">;
  readonly store?: StoreThumbnail;
  readonly idle?: () => Promise<void>;
}

/**
 * Store a thumbnail beside each picture and film that was uploaded: one at a time, when the page has nothing better to do.
 *
 * Without one a file is as good; why there is none is nothing that a person has to know.
 */
export function followThumbnails(
  { broker, queue, store = storeLazily, idle = whenIdle }: Following,
  queries: QueryClient,
): () => void {
  const waiting: { file: StoredFile; source: Blob }[] = [];
  let isBusy = false;

  const work = async () => {
    if (isBusy) {
      return;
    }
    isBusy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await idle();
      try {
        await store(broker, next.file, next.source);
        await queries.invalidateQueries({ queryKey: [...THUMBNAILS_KEY, next.file.id] });
      } catch {
        // no picture, or no network: its kind is shown instead
      }
    }
    isBusy = false;
  };

  return queue.onSettled(({ state }, source) => {
    if (
      state.status === "completed" &&
      source instanceof Blob &&
      source.size <= MOST_BYTES &&
      thumbnailKind(state.file) !== null
    ) {
      waiting.push({ file: state.file, source });
      void work();
    }
  });
}

async function storeLazily(...args: Parameters<StoreThumbnail>): Promise<void> {
  const { storeThumbnail } = await import("../features/files/store-thumbnail.ts");
  await storeThumbnail(...args);
}

/** Safari has no requestIdleCallback. */
function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) {
      requestIdleCallback(() => resolve(), { timeout: LATEST_MS });
    } else {
      setTimeout(resolve, 200);
    }
  });
}
