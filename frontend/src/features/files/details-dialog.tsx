import type { StoredFile } from "@broker/client";
import { useQuery } from "@tanstack/react-query";
import { Button } from "../../shared/button.tsx";
import { CopyField } from "../../shared/copy-field.tsx";
import { Dialog, DialogActions, DialogSubject } from "../../shared/dialog.tsx";
import { FileName } from "../../shared/file-name.tsx";
import { formatInstant, formatSize, formatWhen } from "../../shared/format.ts";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import styles from "./details-dialog.module.css";

interface DetailsDialogProps {
  readonly broker: PageBroker;
  readonly file: StoredFile;
  readonly onClose: () => void;
}

/** Everything that is known of a file, and what was done with it. */
export function DetailsDialog({ broker, file, onClose }: DetailsDialogProps) {
  const { details } = messages;
  const { id, revision } = file;
  const history = useQuery({
    queryKey: ["history", id, revision],
    queryFn: ({ signal }) => broker.readHistory(id, { signal }),
    staleTime: 0,
  });
  const receipt = useQuery({
    queryKey: ["receipt", id, revision],
    queryFn: ({ signal }) => broker.readReceipt(id, { signal }),
  });
  const facts: readonly (readonly [string, string | null])[] = [
    [details.size, describeSize(file.size)],
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
      {history.data !== undefined && history.data.length > 0 && (
        <section className={styles.history} aria-label={details.history}>
          <h3 className={styles.heading}>{details.history}</h3>
          <ol className={styles.entries}>
            {history.data.map(({ at, event, subject }) => (
              <li key={`${at} ${event}`} className={styles.fact}>
                <time className={styles.name} dateTime={at}>
                  {formatWhen(at, { now: new Date() })}
                </time>
                <span className={styles.value}>
                  {details.events.get(event) ?? event}
                  {subject !== "" && ` · ${subject}`}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
      {receipt.data != null && (
        <details className={styles.receipt}>
          <summary>{details.receipt}</summary>
          <p className={styles.name}>{details.receiptText}</p>
          <CopyField label={details.receipt} text={receipt.data} />
        </details>
      )}
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.close}</Button>
      </DialogActions>
    </Dialog>
  );
}

/** Of few bytes the short form says all. */
function describeSize(size: number): string {
  return size < 1000 ? formatSize(size) : messages.details.bytes(formatSize(size), size);
}
