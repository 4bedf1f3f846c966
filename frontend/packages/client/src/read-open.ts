import { UploadClosed } from "./failures.ts";
import { Problem } from "./problem.ts";
import type { Transport } from "./transport.ts";
import type { CompletedUpload, PendingUpload } from "./wire.ts";

/** After these the upload can never complete: another one has to be created. */
const CLOSED_SLUG = new Set(["not-found", "upload-aborted", "upload-expired", "upload-rejected"]);

/** Say whether this failure is the end of the upload. */
export function isClosed(error: unknown): boolean {
  return error instanceof UploadClosed || (error instanceof Problem && CLOSED_SLUG.has(error.slug));
}

/** Read an upload that may complete yet, or has; null when it never will. */
export async function readOpen(
  { broker }: Pick<Transport, "broker">,
  id: string,
  options: { signal: AbortSignal; fromPart?: number },
): Promise<PendingUpload | CompletedUpload | null> {
  try {
    const upload = await broker.readUpload(id, options);
    return upload.status === "pending" || upload.status === "completed" ? upload : null;
  } catch (error) {
    if (isClosed(error)) {
      return null;
    }
    throw error;
  }
}
