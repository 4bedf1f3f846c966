import type { StoredFile } from "@broker/client";
import { memo } from "react";
import { IconButton } from "../../shared/button.tsx";
import { FileName } from "../../shared/file-name.tsx";
import { formatInstant, formatSize, formatWhen } from "../../shared/format.ts";
import {
  DownloadIcon,
  EyeIcon,
  InfoIcon,
  LinkIcon,
  MoveIcon,
  PencilIcon,
  RestoreIcon,
  ShieldIcon,
  TrashIcon,
} from "../../shared/icons.tsx";
import type { MenuItem } from "../../shared/menu.tsx";
import { messages } from "../../shared/messages.ts";
import { FileTile } from "./file-tile.tsx";
import type { Renaming } from "./name-field.tsx";
import styles from "./row.module.css";
import { Row } from "./row.tsx";
import type { ReadThumbnail } from "./thumbnails.ts";

/** What can be done with one file; what is left out is not offered. */
export interface FileActions {
  readonly open: (file: StoredFile) => void;
  readonly download: (file: StoredFile) => void;
  /** Fetch it here and save it only if it is what was stored. */
  readonly saveVerified?: (file: StoredFile) => void;
  readonly details: (file: StoredFile) => void;
  readonly rename?: (file: StoredFile) => void;
  readonly move?: (file: StoredFile) => void;
  readonly share?: (file: StoredFile) => void;
  readonly trash?: (file: StoredFile) => void;
  readonly restore?: (file: StoredFile) => void;
  readonly deleteForGood?: (file: StoredFile) => void;
}

interface FileRowProps {
  readonly file: StoredFile;
  readonly actions: FileActions;
  readonly isChosen: boolean;
  readonly renaming: Renaming | null;
  readonly onChoose: (key: string, isRange: boolean) => void;
  /** Say where it is, in a list of several folders. */
  readonly hasFolder: boolean;
  readonly readThumbnail: ReadThumbnail;
}

export const FileRow = memo(function FileRow(props: FileRowProps) {
  const { file, actions, isChosen, renaming, onChoose, hasFolder } = props;
  return (
    <Row
      rowKey={file.id}
      name={file.name}
      tile={<FileTile file={file} readThumbnail={props.readThumbnail} />}
      opener={
        <button type="button" className={styles.open} data-opener onClick={() => actions.open(file)}>
          <FileName name={file.name} />
          {hasFolder && file.folder !== "" && <span className={styles.folderName}>{file.folder}</span>}
        </button>
      }
      facts={
        <>
          <span className={styles.size}>{formatSize(file.size)}</span>
          <time className={styles.when} dateTime={file.created_at} title={formatInstant(file.created_at)}>
            {formatWhen(file.created_at, { now: new Date() })}
          </time>
        </>
      }
      isChosen={isChosen}
      renaming={renaming}
      onChoose={onChoose}
      menu={menuOf(file, actions)}
    >
      <IconButton label={messages.files.download(file.name)} onClick={() => actions.download(file)}>
        <DownloadIcon />
      </IconButton>
    </Row>
  );
});

function menuOf(file: StoredFile, actions: FileActions): readonly MenuItem[] {
  const { menu } = messages.files;
  const items: readonly (Omit<MenuItem, "onSelect"> & { run: ((file: StoredFile) => void) | undefined })[] = [
    { label: menu.preview, icon: EyeIcon, run: actions.open },
    { label: menu.download, icon: DownloadIcon, run: actions.download },
    { label: menu.saveVerified, icon: ShieldIcon, run: actions.saveVerified },
    { label: menu.share, icon: LinkIcon, run: actions.share },
    { label: menu.rename, icon: PencilIcon, run: actions.rename },
    { label: menu.move, icon: MoveIcon, run: actions.move },
    { label: menu.details, icon: InfoIcon, run: actions.details },
    { label: menu.restore, icon: RestoreIcon, run: actions.restore },
    { label: menu.trash, icon: TrashIcon, run: actions.trash, tone: "danger" },
    { label: menu.deleteForGood, icon: TrashIcon, run: actions.deleteForGood, tone: "danger" },
  ];
  return items.flatMap(({ run, ...item }) => (run ? [{ ...item, onSelect: () => run(file) }] : []));
}
