import { isTransient } from "@broker/client";
import { QueryClient } from "@tanstack/react-query";

const RETRY_LIMIT = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // the broker may well be on this machine or in this building: the browser's "offline" says little
        networkMode: "always",
        staleTime: 30_000,
        retry: (failures, error) => failures < RETRY_LIMIT && isTransient(error),
        retryDelay: (failures) => 500 * 2 ** failures,
      },
      mutations: { networkMode: "always" },
    },
  });
}
