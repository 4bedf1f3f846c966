import type { Page } from "@broker/client";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { Pages } from "../../shared/list-card.tsx";

/** What the lists of administration are remembered under; what one asks for follows. */
export const ADMIN_KEY = "admin";

interface Wanted {
  readonly cursor: string | undefined;
}

const FIRST_PAGE: string | undefined = undefined;

/** Read a list, a page at a time. */
export function usePages<Item>(
  key: readonly unknown[],
  read: (wanted: Wanted, call: { signal: AbortSignal }) => Promise<Page<Item>>,
): Pages<Item> {
  return useInfiniteQuery({
    queryKey: [ADMIN_KEY, ...key],
    queryFn: ({ pageParam, signal }) => read({ cursor: pageParam }, { signal }),
    initialPageParam: FIRST_PAGE,
    placeholderData: keepPreviousData, // a list that is sorted anew does not go away meanwhile
    getNextPageParam: (page: Page<Item>) => page.next_cursor ?? undefined,
  });
}
