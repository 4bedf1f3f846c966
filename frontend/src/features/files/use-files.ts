import type { Broker, Page, StoredFile } from "@broker/client";
import { type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import type { FilePages } from "./file-pages.ts";

export const FILES_KEY = ["files"] as const;

const PAGE_SIZE = 50;
const FIRST_PAGE: string | null = null;

/** Read the files, newest first, a page at a time. */
export function useFiles(broker: Broker): UseInfiniteQueryResult<FilePages> {
  return useInfiniteQuery({
    queryKey: FILES_KEY,
    queryFn: ({ pageParam, signal }) => broker.listFiles({ limit: PAGE_SIZE, cursor: pageParam }, { signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page: Page<StoredFile>) => page.next_cursor,
  });
}
