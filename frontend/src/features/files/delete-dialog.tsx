import type { StoredFile } from "@broker/client";
import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions, DialogSubject, DialogText } from "../../shared/dialog.tsx";
import { FileName } from "../../shared/file-name.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";

interface DeleteDialogProps {
  readonly files: readonly StoredFile[];
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before files are deleted for good. */
export function DeleteDialog({ files, onConfirm, onClose }: DeleteDialogProps) {
  const { deletion } = messages;
  const [only] = files;
  return (
    <Dialog heading={deletion.heading(files.length)} onClose={onClose}>
      {files.length === 1 && only !== undefined && (
        <DialogSubject>
          <KindTile name={only.name} type={only.type} />
          <FileName name={only.name} />
        </DialogSubject>
      )}
      <DialogText>{deletion.text}</DialogText>
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.cancel}</Button>
        <Button variant="danger" onClick={onConfirm}>
          {deletion.confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
