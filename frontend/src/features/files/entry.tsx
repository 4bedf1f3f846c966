import type { StoredFile } from "@broker/client";
import { type FileActions, FileRow } from "./file-row.tsx";
import { type FolderActions, FolderRow } from "./folder-row.tsx";
import type { Renaming } from "./name-field.tsx";
import { folderKey, type Selection } from "./selection.ts";
import type { ReadThumbnail } from "./thumbnails.ts";

/** What is shown, folders first, and what can be done with it. */
export interface Entries {
  readonly label: string;
  readonly folders: readonly string[];
  readonly files: readonly StoredFile[];
  readonly selection: Selection;
  readonly renaming: Renaming | null;
  readonly onChoose: (key: string, isRange: boolean) => void;
  readonly fileActions: FileActions;
  readonly folderActions: FolderActions;
  readonly addressOf: (folder: string) => string;
  readonly hasFolders: boolean;
  readonly readThumbnail: ReadThumbnail;
  /** Called when the end is near. */
  readonly onEnd: () => void;
}

export function countEntries({ folders, files }: Entries): number {
  return folders.length + files.length;
}

export function keyOfEntry({ folders, files }: Entries, index: number): string | number {
  return folders[index] ?? files[index - folders.length]?.id ?? index;
}

export function Entry({ index, folders, files, selection, renaming, ...props }: Entries & { index: number }) {
  const path = folders[index];
  if (path !== undefined) {
    return (
      <FolderRow
        path={path}
        address={props.addressOf(path)}
        actions={props.folderActions}
        isChosen={selection.has(folderKey(path))}
        renaming={renaming?.key === folderKey(path) ? renaming : null}
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
        renaming={renaming?.key === file.id ? renaming : null}
        onChoose={props.onChoose}
        hasFolder={props.hasFolders}
        readThumbnail={props.readThumbnail}
      />
    )
  );
}
