import { useEffect } from "react";
import type { Session, SessionStore } from "./session-store.ts";

/** End the session when its token expires, rather than at the next call that would be refused. */
export function useSessionDeadline(session: Session, store: SessionStore): void {
  useEffect(() => {
    if (session.status !== "signed-in") {
      return;
    }
    const timeout = setTimeout(() => store.end(session.token), session.expiresAt - Date.now());
    return () => clearTimeout(timeout);
  }, [session, store]);
}
