import type { SharedFolder, ShareKey } from "@broker/client";
import { Breadcrumb } from "../../shared/breadcrumb.tsx";
import { Button, IconButton } from "../../shared/button.tsx";
import card from "../../shared/card.module.css";
import { EmptyState } from "../../shared/empty-state.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { FileName } from "../../shared/file-name.tsx";
import { formatSize, formatWhen } from "../../shared/format.ts";
import { IconTile } from "../../shared/icon-tile.tsx";
import { DownloadIcon, FolderIcon } from "../../shared/icons.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import row from "../../shared/list-row.module.css";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import type { PageBroker } from "../../shared/page-broker.ts";
import visuallyHidden from "../../shared/visually-hidden.module.css";
import { describeLimits } from "./describe-limits.ts";
import styles from "./shared-folder-view.module.css";
import { hashOf, useHashFolder } from "./use-hash-folder.ts";
import { useDownloadShared, useSharedFiles, useSharedFolders } from "./use-shared.ts";

interface SharedFolderViewProps {
  readonly broker: PageBroker;
  readonly link: ShareKey;
  readonly shared: SharedFolder;
  readonly onDownloaded: () => void;
}

/** A folder that a link leads to, and the folders and files in it. */
export function SharedFolderView({ broker, link, shared, onDownloaded }: SharedFolderViewProps) {
  const folder = useHashFolder();
  const folders = useSharedFolders(broker, link, folder);
  const files = useSharedFiles(broker, link, folder);
  const download = useDownloadShared(broker, link, onDownloaded);
  const entries = files.data?.pages.flatMap(({ items }) => items) ?? [];
  const error = folders.error ?? files.error ?? download.error;
  const isEmpty = folders.data?.length === 0 && files.isSuccess && entries.length === 0;
  const now = new Date();

  return (
    <section className={card.card} aria-labelledby="shared-heading">
      <header className={styles.header}>
        <IconTile icon={FolderIcon} label={messages.files.folder} />
        <div className={styles.words}>
          <h1 id="shared-heading" className={styles.heading}>
            <FileName name={shared.name} />
          </h1>
          <p className={styles.facts}>{describeLimits(shared).join(" · ")}</p>
        </div>
      </header>
      {folder !== "" && (
        <div className={styles.path}>
          <Breadcrumb
            folder={folder}
            top={shared.name}
            onOpen={(path) => {
              location.hash = hashOf(path);
            }}
          />
        </div>
      )}
      {error !== null && (
        <div className={styles.notice}>
          <Notice tone="danger">{explainError(error)}</Notice>
        </div>
      )}
      {(folders.isPending || files.isPending) && (
        <p className={styles.loading} role="status">
          {messages.session.loading}
        </p>
      )}
      {isEmpty && <EmptyState heading={messages.shared.emptyHeading} text={messages.shared.emptyText} />}
      <ul className={card.rows} aria-labelledby="shared-heading">
        {folders.data?.map((path) => (
          <li key={path} className={row.row}>
            <IconTile icon={FolderIcon} label={messages.files.folder} />
            <a className={styles.open} href={hashOf(path)}>
              <FileName name={path.slice(path.lastIndexOf("/") + 1)} />
            </a>
          </li>
        ))}
        {entries.map(({ id, name, type, size, modified_at }) => (
          <li key={id} className={row.row}>
            <KindTile name={name} type={type} />
            <div className={row.facts}>
              <div className={row.name}>
                <FileName name={name} />
              </div>
              <span className={row.detail}>
                {formatSize(size)} · {formatWhen(modified_at, { now })}
              </span>
            </div>
            <IconButton
              label={messages.files.download(name)}
              aria-disabled={download.isPending}
              onClick={() => {
                if (!download.isPending) {
                  download.mutate(id);
                }
              }}
            >
              <DownloadIcon />
            </IconButton>
          </li>
        ))}
      </ul>
      {files.hasNextPage && (
        <div className={styles.more}>
          <Button size="small" onClick={() => files.fetchNextPage()}>
            {messages.files.loadMore}
          </Button>
        </div>
      )}
      <p className={visuallyHidden.text} role="status">
        {download.isSuccess && messages.shared.started}
      </p>
    </section>
  );
}
