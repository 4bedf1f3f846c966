import type { StoredFile } from "@broker/client";
import { type SyntheticEvent, useLayoutEffect, useRef } from "react";
import { Button } from "../../shared/button.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { FileName } from "../../shared/file-name.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import styles from "./delete-dialog.module.css";

interface DeleteDialogProps {
  readonly file: StoredFile;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before a file is deleted. Open as long as it is rendered. */
export function DeleteDialog({ file, isBusy, error, onConfirm, onClose }: DeleteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { deletion } = messages;

  // a layout effect: only a dialog that is closed while it is still in the page gives the focus back
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  // Escape closes by rendering too: the browser's own way tells of it only some time later
  const cancel = (event: SyntheticEvent) => {
    event.preventDefault();
    onClose();
  };

  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby="deletion-heading"
      aria-describedby="deletion-text"
      onCancel={cancel}
      onClose={onClose}
    >
      <h2 id="deletion-heading" className={styles.heading}>
        {deletion.heading}
      </h2>
      <div className={styles.file}>
        <KindTile name={file.name} type={file.type} />
        <FileName name={file.name} />
      </div>
      <p id="deletion-text" className={styles.text}>
        {deletion.text}
      </p>
      {error !== null && <Notice tone="danger">{explainError(error)}</Notice>}
      <div className={styles.actions}>
        <Button onClick={onClose}>{deletion.cancel}</Button>
        <Button variant="danger" aria-disabled={isBusy} onClick={() => isBusy || onConfirm()}>
          {isBusy ? deletion.confirming : deletion.confirm}
        </Button>
      </div>
    </dialog>
  );
}
