import type { Broker } from "./broker.ts";
import type { Place } from "./source.ts";
import type { UploadClaims } from "./upload-claims.ts";
import type { PendingMultipart } from "./wire.ts";

/** What tells a file from others; see fingerprint.ts. */
interface Wanted extends Pick<Place, "folder" | "policy"> {
  readonly name: string;
  readonly size: number;
  readonly fingerprint: string;
  /** Uploads of which it is known that they will never complete. */
  readonly except: ReadonlySet<string>;
}

interface Surroundings {
  readonly broker: Pick<Broker, "listPending">;
  readonly claims: Pick<UploadClaims, "take">;
}

/**
 * Find an upload in parts of the same file, that nobody here is sending, and claim it; null when there is none.
 */
export async function findUnfinished(
  { broker, claims }: Surroundings,
  wanted: Wanted,
  { signal }: { signal: AbortSignal },
): Promise<PendingMultipart | null> {
  let cursor: string | null | undefined;
  do {
    const page = await broker.listPending({ signal, cursor });
    for (const upload of page.items) {
      if (upload.method === "multipart" && isSame(upload, wanted) && (await claims.take(upload.id))) {
        return upload;
      }
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
  return null;
}

function isSame(
  upload: PendingMultipart,
  { folder, policy, name, size, fingerprint, except }: Wanted,
): boolean {
  const isHere = upload.folder === folder && upload.policy === policy && !except.has(upload.id);
  return isHere && upload.name === name && upload.size === size && upload.fingerprint === fingerprint;
}
