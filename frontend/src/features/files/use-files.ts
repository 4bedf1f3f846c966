import type { FileQuery, Page, StoredFile } from "@broker/client";
import {
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { byName } from "../../shared/by-name.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import type { FilePages } from "./file-pages.ts";

export const FILES_KEY = ["files"] as const;
export const FOLDERS_KEY = ["folders"] as const;

const PAGE_SIZE = 200;
const FIRST_PAGE: string | null = null;

/** Read files, a page at a time. */
export function useFiles(broker: PageBroker, wanted: FileQuery): UseInfiniteQueryResult<FilePages> {
  return useInfiniteQuery({
    queryKey: [...FILES_KEY, wanted],
    queryFn: ({ pageParam, signal }) =>
      broker.listFiles({ ...wanted, limit: PAGE_SIZE, cursor: pageParam }, { signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page: Page<StoredFile>) => page.next_cursor,
  });
}

/** Read the paths of all folders right below one, by name as people sort. */
export function useFolders(
  broker: PageBroker,
  parent: string,
  { isWanted = true }: { isWanted?: boolean } = {},
): UseQueryResult<readonly string[]> {
  return useQuery({
    queryKey: [...FOLDERS_KEY, parent],
    queryFn: async ({ signal }) => {
      const paths: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await broker.listFolders({ parent, cursor }, { signal });
        paths.push(...page.items.map(({ path }) => path));
        cursor = page.next_cursor;
      } while (cursor !== null);
      return paths.sort(byName);
    },
    enabled: isWanted,
  });
}
