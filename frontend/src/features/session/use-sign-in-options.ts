import type { SignInOptions } from "@broker/client";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { PageBroker } from "../../shared/page-broker.ts";

/** Read how one may sign in. It is the same for everybody, so it outlives a session. */
export function useSignInOptions(broker: PageBroker): UseQueryResult<SignInOptions> {
  return useQuery({
    queryKey: ["sign-in"],
    queryFn: ({ signal }) => broker.readSignInOptions({ signal }),
    meta: { isPublic: true },
  });
}
