import type { StoredFile } from "@broker/client";
import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions, DialogSubject } from "../../shared/dialog.tsx";
import { FileName } from "../../shared/file-name.tsx";
import { formatInstant, formatSize } from "../../shared/format.ts";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./details-dialog.module.css";

/** Everything that is known of a file. */
export function DetailsDialog({ file, onClose }: { file: StoredFile; onClose: () => void }) {
  const { details } = messages;
  const facts: readonly (readonly [string, string | null])[] = [
    [details.size, details.bytes(formatSize(file.size), file.size)],
    [details.type, file.type],
    [details.folder, file.folder === "" ? messages.files.heading : file.folder],
    [details.created, formatInstant(file.created_at)],
    [details.sender, file.share === null ? null : details.byLink],
    [details.modified, file.modified_at === file.created_at ? null : formatInstant(file.modified_at)],
    [details.trashed, file.trashed_at && formatInstant(file.trashed_at)],
    [details.checksum, file.checksum],
    [details.id, file.id],
  ];
  return (
    <Dialog heading={details.heading} onClose={onClose} isWide>
      <DialogSubject>
        <KindTile name={file.name} type={file.type} />
        <FileName name={file.name} />
      </DialogSubject>
      <dl className={styles.facts}>
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name} className={styles.fact}>
                <dt className={styles.name}>{name}</dt>
                <dd className={styles.value}>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.close}</Button>
      </DialogActions>
    </Dialog>
  );
}
