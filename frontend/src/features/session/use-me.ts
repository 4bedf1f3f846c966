import type { Broker, Me } from "@broker/client";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";

export const ME_KEY = ["me"] as const;

/** Read who is signed in, with limits and usage. */
export function useMe(broker: Broker): UseQueryResult<Me> {
  return useQuery({ queryKey: ME_KEY, queryFn: ({ signal }) => broker.readMe({ signal }) });
}
