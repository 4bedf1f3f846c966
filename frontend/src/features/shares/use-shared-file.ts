import type { Broker, SharedFile } from "@broker/client";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";

/** See what a link leads to. */
export function useSharedFile(
  broker: Broker,
  opening: { readonly token: string; readonly password?: string },
): UseQueryResult<SharedFile> {
  return useQuery({
    queryKey: ["shared", opening],
    queryFn: ({ signal }) => broker.openShare(opening, { signal }),
    retry: false,
    refetchOnWindowFocus: false,
  });
}
