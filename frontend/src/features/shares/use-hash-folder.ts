import { useSyncExternalStore } from "react";

/** The folder of a link that is shown. It stands behind the # of the address, so that one can go back. */
export function useHashFolder(): string {
  return parseHash(useSyncExternalStore(subscribe, () => location.hash));
}

export function hashOf(folder: string): string {
  return `#/${folder.split("/").map(encodeURIComponent).join("/")}`;
}

/** Read a folder; what is none is the top. */
export function parseHash(hash: string): string {
  try {
    return hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent).join("/");
  } catch {
    return ""; // a % that encodes nothing
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}
