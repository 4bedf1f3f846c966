import type { Broker, StoredFile, Usage } from "@broker/client";
import { useCallback, useRef, useState } from "react";
import { Button } from "../../shared/button.tsx";
import card from "../../shared/card.module.css";
import { explainError } from "../../shared/explain-error.ts";
import { formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { EmptyFiles } from "./empty-files.tsx";
import styles from "./file-list.module.css";
import { flatten } from "./file-pages.ts";
import { deleteButtonId, FileRow } from "./file-row.tsx";
import { FileSkeleton } from "./file-skeleton.tsx";
import { useDeleteFile } from "./use-delete-file.ts";
import { useDownloadFile } from "./use-download-file.ts";
import { useFiles } from "./use-files.ts";

interface FileListProps {
  readonly broker: Broker;
  /** Null while it is not known. */
  readonly usage: Usage | null;
  readonly announce: (text: string) => void;
  readonly onDeleted: (file: StoredFile) => void;
}

/** The files that are stored, newest first, to download and to delete. */
export function FileList({ broker, usage, announce, onDeleted }: FileListProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [doomed, setDoomed] = useState<StoredFile | null>(null);
  const query = useFiles(broker);
  const files = query.data === undefined ? [] : flatten(query.data);

  const download = useDownloadFile(broker, ({ name }) => announce(messages.files.announceDownload(name)));
  const deletion = useDeleteFile(broker, (file) => {
    setDoomed(null);
    announce(messages.files.announceDeleted(file.name));
    onDeleted(file);
  });
  const { mutate: startDownload } = download;
  const { reset: resetDeletion } = deletion;
  const ask = useCallback(
    (file: StoredFile) => {
      resetDeletion();
      setDoomed(file);
    },
    [resetDeletion],
  );

  const confirm = (file: StoredFile) => {
    const index = files.findIndex(({ id }) => id === file.id);
    const neighbour = files[index + 1] ?? files[index - 1];
    deletion.mutate(file, {
      onSuccess: () => {
        const next = neighbour && document.getElementById(deleteButtonId(neighbour));
        (next ?? heading.current)?.focus();
      },
    });
  };

  return (
    <section className={card.card} aria-labelledby="files-heading">
      <header className={card.header}>
        <h2 id="files-heading" ref={heading} tabIndex={-1} className={card.heading}>
          {messages.files.heading}
        </h2>
        {usage !== null && usage.files > 0 && (
          <span className={card.aside}>{messages.files.usage(usage.files, formatSize(usage.bytes))}</span>
        )}
      </header>

      {download.error !== null && (
        <div className={styles.toast}>
          <Notice
            tone="danger"
            actions={
              <Button variant="quiet" size="small" onClick={download.reset}>
                {messages.actions.dismiss}
              </Button>
            }
          >
            {messages.files.downloadFailed(download.variables.name, explainError(download.error))}
          </Notice>
        </div>
      )}
      {query.error !== null && (
        <div className={styles.notice}>
          <Notice
            tone="danger"
            actions={
              <Button size="small" onClick={() => query.refetch()}>
                {messages.actions.tryAgain}
              </Button>
            }
          >
            {query.data === undefined ? messages.files.failedHeading : messages.files.stale}{" "}
            {explainError(query.error)}
          </Notice>
        </div>
      )}

      {query.isPending && <FileSkeleton />}
      {query.isSuccess && files.length === 0 && <EmptyFiles />}
      {files.length > 0 && (
        <ul className={card.rows} aria-labelledby="files-heading">
          {files.map((file) => (
            <FileRow key={file.id} file={file} onDownload={startDownload} onDelete={ask} />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <div className={styles.more}>
          <Button
            size="small"
            aria-disabled={query.isFetchingNextPage}
            onClick={() => query.isFetchingNextPage || query.fetchNextPage()}
          >
            {query.isFetchingNextPage ? messages.files.loadingMore : messages.files.loadMore}
          </Button>
        </div>
      )}

      {doomed !== null && (
        <DeleteDialog
          file={doomed}
          isBusy={deletion.isPending}
          error={deletion.error}
          onConfirm={() => confirm(doomed)}
          onClose={() => setDoomed(null)}
        />
      )}
    </section>
  );
}
