import { Batcher, type StoredFile } from "@broker/client";
import { useQuery } from "@tanstack/react-query";
import type { PageBroker } from "../../shared/page-broker.ts";
import { previewKind } from "./preview-kind.ts";

export const THUMBNAILS_KEY = ["thumbnails"] as const;

/** What one request may ask for. */
const MOST = 200;

/** Less than the life of a URL, which is half an hour at least. */
const STALE_MS = 20 * 60_000;

/** Resolves with where the thumbnail of a file is, empty when it has none. */
export type ReadThumbnail = (id: string, asking: { readonly signal: AbortSignal }) => Promise<string>;

/** Read where thumbnails are: those that are wanted in the same breath are asked for together. */
export function thumbnailReader(broker: PageBroker): ReadThumbnail {
  const batcher = new Batcher<string, string>(
    async (ids, { signal }) => {
      const found = await broker.listThumbnails(ids, { signal });
      const urls = new Map(found.map(({ file, request }) => [file, request.url]));
      return ids.map((id) => urls.get(id) ?? "");
    },
    { limit: MOST },
  );
  return (id, { signal }) => batcher.ask(id, { signal, onWait: () => {} });
}

/** Of what a browser can make a small picture. */
export type ThumbnailKind = "image" | "video";

/** Say of what kind a file is, null where no browser can make a small picture of it. */
export function thumbnailKind(file: Pick<StoredFile, "name" | "type">): ThumbnailKind | null {
  const kind = previewKind(file);
  return kind === "image" || kind === "video" ? kind : null;
}

/** Return where a file's thumbnail is, empty as long as there is none, and when that was read. */
export function useThumbnail(read: ReadThumbnail, file: StoredFile): { url: string; readAt: number } {
  const { data = "", dataUpdatedAt } = useQuery({
    queryKey: [...THUMBNAILS_KEY, file.id],
    queryFn: ({ signal }) => read(file.id, { signal }),
    enabled: thumbnailKind(file) !== null,
    staleTime: STALE_MS,
    retry: false,
  });
  return { url: data, readAt: dataUpdatedAt };
}
