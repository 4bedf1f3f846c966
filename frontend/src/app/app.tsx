import { isActive } from "@broker/client";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { announceUploads } from "../features/uploads/announce-uploads.ts";
import { useUploads } from "../features/uploads/use-uploads.ts";
import { LiveRegion } from "../shared/live-region.tsx";
import { isHeldUp } from "./follow-session.ts";
import { RestoringPage } from "./restoring-page.tsx";
import type { Services } from "./services.ts";
import { SignInPage } from "./sign-in-page.tsx";
import { useLeaveGuard } from "./use-leave-guard.ts";
import { usePageTitle } from "./use-page-title.ts";
import { useWakeLock } from "./use-wake-lock.ts";
import { Workspace } from "./workspace.tsx";

/** Chooses between the pages, and keeps up what they share. */
export function App({ services, queries }: { services: Services; queries: QueryClient }) {
  const { announcer, queue, session: store } = services;
  const session = useSyncExternalStore(store.subscribe, store.getSnapshot);
  const uploads = useUploads(queue);

  usePageTitle(uploads);
  useWakeLock(uploads.some((item) => isActive(item) && item.state.status !== "paused"));
  useLeaveGuard(uploads.some((item) => isActive(item) || isHeldUp(item)));
  useEffect(() => announceUploads(queue, announcer.announce), [queue, announcer]);

  return (
    <QueryClientProvider client={queries}>
      {session.status === "signed-in" ? (
        <Workspace services={services} username={session.username} uploads={uploads} />
      ) : session.status === "restoring" || session.status === "unknown" ? (
        <RestoringPage session={session} />
      ) : (
        <SignInPage services={services} session={session} uploads={uploads} />
      )}
      <LiveRegion announcer={announcer} />
    </QueryClientProvider>
  );
}
