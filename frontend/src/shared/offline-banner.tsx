import { useSyncExternalStore } from "react";
import { messages } from "./messages.ts";
import { Notice } from "./notice.tsx";

/** Says that there is no network, as long as there is none. */
export function OfflineBanner() {
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  return isOnline ? null : <Notice tone="info">{messages.offline}</Notice>;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
