import type { StoredFile } from "@broker/client";
import { useState } from "react";
import { KindTile } from "../../shared/kind-tile.tsx";
import { mediaKind } from "../../shared/media-kind.ts";
import { messages } from "../../shared/messages.ts";
import styles from "./file-tile.module.css";
import { type ReadThumbnail, useThumbnail } from "./thumbnails.ts";

/** Show what a file looks like, or else of what kind it is. */
export function FileTile({ file, readThumbnail }: { file: StoredFile; readThumbnail: ReadThumbnail }) {
  const { url, readAt } = useThumbnail(readThumbnail, file);
  const [brokenAt, setBrokenAt] = useState<number | null>(null);
  // one that was just allowed may not have arrived: it is tried anew when it is asked for again
  if (url === "" || brokenAt === readAt) {
    return <KindTile name={file.name} type={file.type} />;
  }
  return (
    <img
      className={styles.picture}
      src={url}
      width={40}
      height={40}
      alt={messages.kinds[mediaKind(file)]}
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setBrokenAt(readAt)}
    />
  );
}
