import type { StoredFile } from "@broker/client";
import { useCallback, useMemo } from "react";
import type { FileActions } from "./file-row.tsx";
import type { Chosen, Filing, Taken } from "./filing.ts";
import type { Renaming } from "./name-field.tsx";
import type { Open } from "./open-dialog.tsx";
import { focusRow } from "./row-focus.ts";
import { canStreamToDisk } from "./save-stream.ts";
import { folderKey } from "./selection.ts";

interface RowActionsOptions {
  readonly filing: Filing;
  readonly isTrash: boolean;
  readonly download: (file: StoredFile) => void;
  readonly saveVerified: (file: StoredFile) => void;
  /** Do something that takes rows away. */
  readonly act: (chosen: Chosen, action: Promise<void>) => void;
  /** Ask about files whose names are taken where they go. */
  readonly ask: (taken: Taken | null) => void;
  readonly setOpen: (open: Open) => void;
  readonly setRenaming: (renaming: Renaming | null) => void;
}

/** What can be done with rows: by their menus, by keys, and with all that is chosen. */
export function useRowActions(options: RowActionsOptions) {
  const { filing, isTrash, download, saveVerified, act, ask, setOpen, setRenaming } = options;
  const move = useCallback(
    (what: Chosen, to: string) => act(what, filing.move(what, to).then(ask)),
    [act, ask, filing],
  );
  const trash = useCallback((what: Chosen) => act(what, filing.trash(what)), [act, filing]);
  const restore = useCallback(
    (what: readonly StoredFile[]) => act({ files: what, folders: [] }, filing.restore(what).then(ask)),
    [act, ask, filing],
  );
  const rename = useCallback(
    (key: string, onConfirm: (name: string) => Promise<void>) => {
      const onClose = () => {
        setRenaming(null);
        focusRow(key);
      };
      setRenaming({ key, onConfirm, onClose });
    },
    [setRenaming],
  );
  const ofFiles: FileActions = useMemo(
    () => ({
      open: (file) => setOpen({ kind: "preview", file }),
      download,
      ...(canStreamToDisk() && { saveVerified }),
      details: (file) => setOpen({ kind: "details", file }),
      ...(isTrash
        ? {
            restore: (file: StoredFile) => restore([file]),
            deleteForGood: (file: StoredFile) =>
              setOpen({ kind: "delete", chosen: { files: [file], folders: [] } }),
          }
        : {
            share: (file: StoredFile) => setOpen({ kind: "share", file }),
            rename: (file: StoredFile) => rename(file.id, (name) => filing.rename(file, name)),
            move: (file: StoredFile) => setOpen({ kind: "move", chosen: { files: [file], folders: [] } }),
            trash: (file: StoredFile) => trash({ files: [file], folders: [] }),
          }),
    }),
    [download, filing, isTrash, rename, restore, saveVerified, setOpen, trash],
  );
  const ofFolders = useMemo(
    () => ({
      share: (path: string) => setOpen({ kind: "shareFolder", path }),
      rename: (path: string) => rename(folderKey(path), (name) => filing.renameFolder(path, name)),
      move: (path: string) => setOpen({ kind: "move", chosen: { files: [], folders: [path] } }),
      trash: (path: string) => trash({ files: [], folders: [path] }),
    }),
    [filing, rename, setOpen, trash],
  );
  return { move, trash, restore, ofFiles, ofFolders };
}
