import type { StoredFile } from "@broker/client";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import styles from "./file-list.module.css";
import { type FileActions, FileRow } from "./file-row.tsx";
import { type FolderActions, FolderRow } from "./folder-row.tsx";
import { folderKey, type Selection } from "./selection.ts";
import type { ReadThumbnail } from "./thumbnails.ts";

/** As a row is on a wide page; each is measured when it is shown. */
const ROW_HEIGHT = 56;
const AHEAD = 30;

interface FileListProps {
  readonly label: string;
  readonly folders: readonly string[];
  readonly files: readonly StoredFile[];
  readonly selection: Selection;
  readonly onChoose: (key: string, isRange: boolean) => void;
  readonly fileActions: FileActions;
  readonly folderActions: FolderActions;
  readonly addressOf: (folder: string) => string;
  readonly hasFolders: boolean;
  readonly readThumbnail: ReadThumbnail;
  /** Called when the end is near. */
  readonly onEnd: () => void;
}

/** Folders and files, of which only those in sight are drawn. */
export function FileList(props: FileListProps) {
  const { folders, files, selection, onEnd } = props;
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  const count = folders.length + files.length;

  const rows = useWindowVirtualizer({
    count,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => folders[index] ?? files[index - folders.length]?.id ?? index,
    overscan: 8,
    scrollMargin: top,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;

  // what stands above may have grown
  useLayoutEffect(() => {
    const place = (list.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    setTop((old) => (Math.abs(old - place) < 1 ? old : place));
  });
  useEffect(() => {
    if (last + AHEAD >= count) {
      onEnd();
    }
  }, [last, count, onEnd]);

  return (
    <ul
      ref={list}
      className={styles.list}
      aria-label={props.label}
      data-choosing={selection.size > 0 || undefined}
      style={{ height: rows.getTotalSize() }}
    >
      {shown.map(({ index, start, key }) => (
        <li
          key={key}
          ref={rows.measureElement}
          className={styles.place}
          style={{ transform: `translateY(${start - top}px)` }}
          data-index={index}
          aria-setsize={count}
          aria-posinset={index + 1}
        >
          <Entry {...props} index={index} />
        </li>
      ))}
    </ul>
  );
}

function Entry({ index, folders, files, selection, ...props }: FileListProps & { index: number }) {
  const path = folders[index];
  if (path !== undefined) {
    return (
      <FolderRow
        path={path}
        address={props.addressOf(path)}
        actions={props.folderActions}
        isChosen={selection.has(folderKey(path))}
        onChoose={props.onChoose}
      />
    );
  }
  const file = files[index - folders.length];
  return (
    file && (
      <FileRow
        file={file}
        actions={props.fileActions}
        isChosen={selection.has(file.id)}
        onChoose={props.onChoose}
        hasFolder={props.hasFolders}
        readThumbnail={props.readThumbnail}
      />
    )
  );
}
