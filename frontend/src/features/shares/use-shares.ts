import type { Page, Share } from "@broker/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Pages } from "../../shared/list-card.tsx";
import type { PageBroker } from "../../shared/page-broker.ts";

export const SHARES_KEY = ["shares"] as const;

const FIRST_PAGE: string | undefined = undefined;

/** Read the links that one has made, newest first, a page at a time. */
export function useShares(broker: PageBroker): Pages<Share> {
  return useInfiniteQuery({
    queryKey: SHARES_KEY,
    queryFn: ({ pageParam, signal }) => broker.listShares({ cursor: pageParam }, { signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page: Page<Share>) => page.next_cursor ?? undefined,
  });
}
