import { checksum, type StoredFile, sendBlob } from "@broker/client";
import type { PageBroker } from "../../shared/page-broker.ts";
import { makeThumbnail } from "./make-thumbnail.ts";
import { thumbnailKind } from "./thumbnails.ts";

const PATIENCE_MS = 60_000;

/** Make a small picture of a file that was just stored, and store it beside the file. */
export async function storeThumbnail(broker: PageBroker, file: StoredFile, source: Blob): Promise<void> {
  const kind = thumbnailKind(file);
  const thumbnail = kind && (await makeThumbnail(source, kind));
  if (thumbnail === null) {
    return;
  }
  const sending = { signal: AbortSignal.timeout(PATIENCE_MS), onProgress: () => {} };
  const { size } = thumbnail;
  const request = await broker.createThumbnail(
    file.id,
    { size, checksum: await checksum(thumbnail, { algorithm: "crc32c", ...sending }) },
    sending,
  );
  await sendBlob(request, thumbnail, sending);
}
