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
  let owner: string | null = null;
  let isEnded = false;

  return session.subscribe(() => {
    const now = session.getSnapshot();
    if (now.status === "signed-in" && now.subject === owner) {
      if (isEnded) {
        for (const { id } of queue.getSnapshot().filter(isHeldUp)) {
          queue.retry(id);
        }
        void queries.invalidateQueries();
      }
    } else if (now.status === "signed-in" || now.status === "signed-out") {
      void queue.clear();
      queries.removeQueries({ predicate: ({ meta }) => meta?.isPublic !== true });
      owner = now.status === "signed-in" ? now.subject : null;
    }
    isEnded = now.status === "ended";
  });
}

/** Say whether an upload stopped only because its session had ended. */
export function isHeldUp({ state }: UploadItem): boolean {
  return state.status === "failed" && state.error instanceof Problem && state.error.isAuthentication;
}
