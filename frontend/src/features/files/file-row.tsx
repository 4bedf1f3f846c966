import type { StoredFile } from "@broker/client";
import { memo } from "react";
import { IconButton } from "../../shared/button.tsx";
import { FileName } from "../../shared/file-name.tsx";
import { formatInstant, formatSize, formatWhen } from "../../shared/format.ts";
import { DownloadIcon, TrashIcon } from "../../shared/icons.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./file-row.module.css";

interface FileRowProps {
  readonly file: StoredFile;
  readonly onDownload: (file: StoredFile) => void;
  readonly onDelete: (file: StoredFile) => void;
}

export const FileRow = memo(function FileRow({ file, onDownload, onDelete }: FileRowProps) {
  return (
    <li className={styles.row}>
      <KindTile name={file.name} type={file.type} />
      <div className={styles.facts}>
        <div className={styles.name}>
          <FileName name={file.name} />
        </div>
        <span className={styles.size}>{formatSize(file.size)}</span>
        <time className={styles.when} dateTime={file.created_at} title={formatInstant(file.created_at)}>
          {formatWhen(file.created_at, { now: new Date() })}
        </time>
      </div>
      <div className={styles.actions}>
        <IconButton label={messages.files.download(file.name)} onClick={() => onDownload(file)}>
          <DownloadIcon />
        </IconButton>
        <IconButton
          id={deleteButtonId(file)}
          label={messages.files.remove(file.name)}
          tone="danger"
          onClick={() => onDelete(file)}
        >
          <TrashIcon />
        </IconButton>
      </div>
    </li>
  );
});

export function deleteButtonId({ id }: StoredFile): string {
  return `delete-${id}`;
}
