import { Problem, type UploadItem } from "@broker/client";
import type { QueryClient } from "@tanstack/react-query";
import type { Services } from "./services.ts";

/**
 * Keep uploads and lists with the person they belong to: the same one goes on after signing in again,
 * another one sees nothing of theirs.
 */
export function followSession(
  { session, queue }: Pick<Services, "session" | "queue">,
  queries: QueryClient,
): () => void {
  const first = session.getSnapshot();
  let owner = first.status === "signed-in" ? first.username : null;

  return session.subscribe(() => {
    const now = session.getSnapshot();
    if (now.status === "ended") {
      return;
    }
    const next = now.status === "signed-in" ? now.username : null;
    if (next === owner) {
      for (const { id } of queue.getSnapshot().filter(isHeldUp)) {
        queue.retry(id);
      }
      void queries.invalidateQueries();
    } else {
      void queue.clear();
      queries.clear();
    }
    owner = next;
  });
}

/** Say whether an upload stopped only because its session had ended. */
export function isHeldUp({ state }: UploadItem): boolean {
  return state.status === "failed" && state.error instanceof Problem && state.error.isAuthentication;
}
