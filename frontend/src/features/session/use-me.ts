import type { Broker, Me } from "@broker/client";
import { queryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";

export const ME_KEY = ["me"] as const;

/** The query of who is signed in, with limits and usage. */
export function meQuery(broker: Broker) {
  return queryOptions({ queryKey: ME_KEY, queryFn: ({ signal }) => broker.readMe({ signal }) });
}

/** Read who is signed in, with limits and usage. */
export function useMe(broker: Broker): UseQueryResult<Me> {
  return useQuery(meQuery(broker));
}
