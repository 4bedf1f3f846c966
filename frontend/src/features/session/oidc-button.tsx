import type { OidcProvider } from "@broker/client";
import { useState } from "react";
import { Button } from "../../shared/button.tsx";
import { KeyIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./oidc-button.module.css";

interface OidcButtonProps {
  readonly provider: OidcProvider;
  readonly isOnlyWay: boolean;
  /** Leave for the provider. */
  readonly leave: (provider: OidcProvider) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Leads to the OpenID provider, where one signs in. */
export function OidcButton({ provider, isOnlyWay, leave, onError }: OidcButtonProps) {
  const [isLeaving, setLeaving] = useState(false);

  const go = async () => {
    setLeaving(true);
    onError(null);
    try {
      await leave(provider);
    } catch (error) {
      onError(error);
    }
    setLeaving(false); // whoever stays after the leave-guard's question, or comes back, may go again
  };

  if (!isSecureContext) {
    return <p className={styles.hint}>{messages.session.oidcNeedsHttps}</p>;
  }
  return (
    <div className={styles.way}>
      <Button variant={isOnlyWay ? "primary" : "plain"} disabled={isLeaving} onClick={go}>
        <KeyIcon />
        {messages.session.oidc}
      </Button>
      <p className={styles.hint}>{messages.session.oidcAt(new URL(provider.issuer).host)}</p>
    </div>
  );
}
