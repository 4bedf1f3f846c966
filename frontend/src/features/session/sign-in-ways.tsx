import type { OidcProvider } from "@broker/client";
import { useState } from "react";
import { Button } from "../../shared/button.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import type { PageBroker } from "../../shared/page-broker.ts";
import { OidcButton } from "./oidc-button.tsx";
import { Alternative, SignInCard, SignInSkeleton } from "./sign-in-card.tsx";
import { SignInForm } from "./sign-in-form.tsx";
import { useSignInOptions } from "./use-sign-in-options.ts";

interface SignInWaysProps {
  readonly broker: PageBroker;
  readonly signIn: (credentials: { username: string; password: string }) => Promise<void>;
  /** Leave for the OpenID provider. */
  readonly leave: (provider: OidcProvider) => Promise<void>;
  /** Why this is here, if the person did not ask for it. */
  readonly reason: string | null;
  readonly initialError: unknown;
  readonly initialUsername: string;
}

/** Offers the ways to sign in that the broker names. */
export function SignInWays(props: SignInWaysProps) {
  const { broker, signIn, leave, reason, initialError, initialUsername } = props;
  const { data: options, error: failure, refetch } = useSignInOptions(broker);
  const [error, setError] = useState(initialError);
  const { session, actions } = messages;

  return (
    <SignInCard>
      {error !== null ? (
        <Notice tone="danger">{explainError(error)}</Notice>
      ) : (
        reason !== null && <Notice tone="info">{reason}</Notice>
      )}
      {options?.password === true && (
        <SignInForm signIn={signIn} onError={setError} initialUsername={initialUsername} />
      )}
      {options?.password === true && options.oidc !== null && <Alternative />}
      {options?.oidc && (
        <OidcButton provider={options.oidc} isOnlyWay={!options.password} leave={leave} onError={setError} />
      )}
      {options?.password === false && options.oidc === null && <Notice tone="info">{session.noWay}</Notice>}
      {options === undefined && failure === null && <SignInSkeleton />}
      {options === undefined && failure !== null && (
        <Notice
          tone="danger"
          actions={
            <Button variant="quiet" size="small" onClick={() => refetch()}>
              {actions.tryAgain}
            </Button>
          }
        >
          {explainError(failure)}
        </Notice>
      )}
    </SignInCard>
  );
}
