import { useEffect, useRef, useState } from "react";
import { Breadcrumb } from "../../shared/breadcrumb.tsx";
import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions } from "../../shared/dialog.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { FolderIcon } from "../../shared/icons.tsx";
import { isFocusLost } from "../../shared/is-focus-lost.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import type { PageBroker } from "../../shared/page-broker.ts";
import { type Chosen, nameOf } from "./filing.ts";
import styles from "./move-dialog.module.css";
import { useFolders } from "./use-files.ts";

interface MoveDialogProps {
  readonly broker: PageBroker;
  readonly chosen: Chosen;
  /** Where they are now. */
  readonly from: string;
  readonly onConfirm: (to: string) => void;
  readonly onClose: () => void;
}

/** Asks where things are to be moved: one goes from folder to folder. */
export function MoveDialog({ broker, chosen, from, onConfirm, onClose }: MoveDialogProps) {
  const [at, setAt] = useState(from);
  const list = useRef<HTMLUListElement>(null);
  const folders = useFolders(broker, at);
  const { moving } = messages;
  const moved = new Set(chosen.folders);
  const isHere = chosen.files.every(({ folder }) => folder === at) && at === from;

  // biome-ignore lint/correctness/useExhaustiveDependencies: in another folder, the button that led there is gone
  useEffect(() => {
    if (isFocusLost()) {
      list.current?.focus();
    }
  }, [at]);

  return (
    <Dialog
      heading={moving.heading(chosen.files.length + chosen.folders.length)}
      onClose={onClose}
      onSubmit={() => isHere || onConfirm(at)}
    >
      <Breadcrumb folder={at} onOpen={setAt} />
      <ul
        ref={list}
        tabIndex={-1}
        className={styles.folders}
        aria-label={moving.folders}
        aria-busy={folders.isPending}
      >
        {folders.data?.map((path) => (
          <li key={path}>
            {/* a folder cannot be moved into itself */}
            <button
              type="button"
              className={styles.folder}
              disabled={moved.has(path)}
              onClick={() => setAt(path)}
            >
              <FolderIcon />
              {nameOf(path)}
            </button>
          </li>
        ))}
        {folders.data?.length === 0 && <li className={styles.none}>{moving.none}</li>}
      </ul>
      {folders.error !== null && <Notice tone="danger">{explainError(folders.error)}</Notice>}
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.cancel}</Button>
        <Button type="submit" variant="primary" aria-disabled={isHere}>
          {moving.confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
