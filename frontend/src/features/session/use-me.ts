import type { Me } from "@broker/client";
import { queryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { PageBroker } from "../../shared/page-broker.ts";

export const ME_KEY = ["me"] as const;

/** The query of who is signed in, with limits and usage. */
export function meQuery(broker: PageBroker) {
  return queryOptions({ queryKey: ME_KEY, queryFn: ({ signal }) => broker.readMe({ signal }) });
}

/** Read who is signed in, with limits and usage. */
export function useMe(broker: PageBroker): UseQueryResult<Me> {
  return useQuery(meQuery(broker));
}
