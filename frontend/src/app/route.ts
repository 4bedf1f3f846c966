import { useSyncExternalStore } from "react";
import { ADMIN_TABS, type AdminTab } from "../features/admin/tabs.ts";

/** Where a person is in the app. It stands behind the # of the address, so that it can be linked and gone back to. */
export type Route =
  | { readonly page: "files"; readonly folder: string; readonly q: string }
  | { readonly page: "trash" | "links" }
  | { readonly page: "admin"; readonly tab: AdminTab };

export const HOME: Route = { page: "files", folder: "", q: "" };

/** Read a route; what is none leads home. */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page, ...names] = path.split("/");
  if (page === "trash" || page === "links") {
    return { page };
  }
  if (page === "admin") {
    return { page, tab: ADMIN_TABS.find((tab) => tab === names[0]) ?? "users" };
  }
  if (page !== "files") {
    return HOME;
  }
  try {
    const folder = names.filter(Boolean).map(decodeURIComponent).join("/");
    return { page, folder, q: new URLSearchParams(search).get("q") ?? "" };
  } catch {
    return HOME; // a % that encodes nothing
  }
}

export function writeRoute(route: Route): string {
  if (route.page === "admin") {
    return `#/admin/${route.tab}`;
  }
  if (route.page !== "files") {
    return `#/${route.page}`;
  }
  const names = route.folder.split("/").filter(Boolean).map(encodeURIComponent);
  const search = route.q === "" ? "" : `?${new URLSearchParams({ q: route.q })}`;
  return `#/${["files", ...names].join("/")}${search}`;
}

export function go(route: Route, { replace = false }: { replace?: boolean } = {}): void {
  const address = writeRoute(route);
  if (replace) {
    history.replaceState(null, "", address);
    window.dispatchEvent(new HashChangeEvent("hashchange")); // replaceState tells nobody
  } else {
    location.hash = address;
  }
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => location.hash));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}
