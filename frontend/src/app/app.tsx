import { isActive, type UploadItem } from "@broker/client";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useSessionDeadline } from "../features/session/use-session-deadline.ts";
import { announceUploads } from "../features/uploads/announce-uploads.ts";
import { LiveRegion } from "../shared/live-region.tsx";
import type { Services } from "./services.ts";
import { SignInPage } from "./sign-in-page.tsx";
import { useLeaveGuard } from "./use-leave-guard.ts";
import { usePageTitle } from "./use-page-title.ts";
import { Workspace } from "./workspace.tsx";

/** Chooses between the two pages, and keeps up what both share. */
export function App({ services, queries }: { services: Services; queries: QueryClient }) {
  const { announcer, queue, session: store } = services;
  const session = useSyncExternalStore(store.subscribe, store.getSnapshot);
  const uploads: readonly UploadItem[] = useSyncExternalStore(queue.subscribe, queue.getSnapshot);

  useSessionDeadline(session, store);
  usePageTitle(uploads);
  useLeaveGuard(uploads.some(isActive));
  useEffect(() => announceUploads(queue, announcer.announce), [queue, announcer]);

  return (
    <QueryClientProvider client={queries}>
      {session.status === "signed-in" ? (
        <Workspace services={services} username={session.username} uploads={uploads} />
      ) : (
        <SignInPage services={services} session={session} uploads={uploads} />
      )}
      <LiveRegion announcer={announcer} />
    </QueryClientProvider>
  );
}
