import type { Broker, SignInOptions } from "@broker/client";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";

/** Read how one may sign in. It is the same for everybody, so it outlives a session. */
export function useSignInOptions(broker: Broker): UseQueryResult<SignInOptions> {
  return useQuery({
    queryKey: ["sign-in"],
    queryFn: ({ signal }) => broker.readSignInOptions({ signal }),
    meta: { isPublic: true },
  });
}
