import { type Page, probeObject, type Shared, type SharedEntry, type ShareKey } from "@broker/client";
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
} from "@tanstack/react-query";
import { byName } from "../../shared/by-name.ts";
import { followDownload } from "../../shared/follow-download.ts";
import type { PageBroker } from "../../shared/page-broker.ts";

export const SHARED_KEY = ["shared"] as const;

const PATIENCE_MS = 30_000;
const FIRST_PAGE: string | null = null;

// a link that has ended stays so, and a password is not guessed by trying again
const ONCE = { retry: false, refetchOnWindowFocus: false } as const;

/** See what a link leads to. */
export function useShared(broker: PageBroker, key: ShareKey): UseQueryResult<Shared> {
  return useQuery({
    queryKey: [...SHARED_KEY, key],
    queryFn: ({ signal }) => broker.openShare(key, { signal }),
    ...ONCE,
  });
}

/** Read the paths of all folders right below one that a link leads to, by name as people sort. */
export function useSharedFolders(
  broker: PageBroker,
  key: ShareKey,
  parent: string,
): UseQueryResult<readonly string[]> {
  return useQuery({
    queryKey: ["shared-folders", key, parent],
    queryFn: async ({ signal }) => {
      const paths: string[] = [];
      let cursor: string | null = null;
      do {
        const wanted = { ...key, parent, ...(cursor === null ? {} : { cursor }) };
        const page = await broker.listSharedFolders(wanted, { signal });
        paths.push(...page.items.map(({ path }) => path));
        cursor = page.next_cursor;
      } while (cursor !== null);
      return paths.sort(byName);
    },
    ...ONCE,
  });
}

/** Read the files in a folder that a link leads to, a page at a time. */
export function useSharedFiles(
  broker: PageBroker,
  key: ShareKey,
  folder: string,
): UseInfiniteQueryResult<InfiniteData<Page<SharedEntry>, string | null>> {
  return useInfiniteQuery({
    queryKey: ["shared-files", key, folder],
    queryFn: ({ pageParam, signal }) =>
      broker.listSharedFiles(
        { ...key, folder, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page: Page<SharedEntry>) => page.next_cursor,
    ...ONCE,
  });
}

/** Have the browser fetch a link's file, or one of its folder, by its id. */
export function useDownloadShared(
  broker: PageBroker,
  key: ShareKey,
  onDownloaded: () => void,
): UseMutationResult<void, Error, string | undefined> {
  return useMutation<void, Error, string | undefined>({
    mutationFn: async (file) => {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const wanted = { ...key, ...(file === undefined ? {} : { file }), disposition: "attachment" } as const;
      const request = await broker.downloadShare(wanted, { signal });
      await probeObject(request, { signal });
      followDownload(request.url);
    },
    onSuccess: onDownloaded,
  });
}
