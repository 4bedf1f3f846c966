import { Problem, type ReceivingFolder, type SharedFile, type ShareKey } from "@broker/client";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Button } from "../../shared/button.tsx";
import { explainError } from "../../shared/explain-error.ts";
import field from "../../shared/field.module.css";
import { FileName } from "../../shared/file-name.tsx";
import { formatSize } from "../../shared/format.ts";
import { DownloadIcon, EyeIcon, KeyIcon } from "../../shared/icons.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import { PageBroker } from "../../shared/page-broker.ts";
import { previewKind } from "../files/preview-kind.ts";
import { describeLimits } from "./describe-limits.ts";
import styles from "./shared-page.module.css";
import { useDownloadShared, useShared } from "./use-shared.ts";

const SharedFolderView = lazy(() =>
  import("./shared-folder-view.tsx").then((module) => ({ default: module.SharedFolderView })),
);

const PreviewContent = lazy(() =>
  import("../files/preview-content.tsx").then((module) => ({ default: module.PreviewContent })),
);

const broker = new PageBroker({ token: () => null });

interface SharedPageProps {
  readonly token: string;
  /** Shows a folder that takes files. */
  readonly receive: (link: ShareKey, folder: ReceivingFolder) => ReactNode;
}

/** What somebody sees who has a link: a file, a folder, or where to send files. */
export function SharedPage({ token, receive }: SharedPageProps) {
  const [password, setPassword] = useState<string | null>(null);
  const [link, setLink] = useState<ShareKey>({ token });
  const { data, error, isFetching, refetch } = useShared(broker, link);
  const isLocked = error instanceof Problem && error.slug === "share-locked";
  const loading = <p role="status">{messages.session.loading}</p>;

  if (data !== undefined && data.kind !== "file") {
    return (
      <main className={styles.wide}>
        <Suspense fallback={loading}>
          {data.kind === "receive" ? (
            receive(link, data)
          ) : (
            <SharedFolderView broker={broker} link={link} shared={data} onDownloaded={() => refetch()} />
          )}
        </Suspense>
      </main>
    );
  }
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        {data !== undefined ? (
          <Found file={data} link={link} onDownloaded={() => refetch()} />
        ) : isLocked ? (
          <Unlock
            isWrong={password !== null}
            isBusy={isFetching}
            onPassword={(tried) => {
              setPassword(tried);
              setLink({ token, password: tried });
            }}
          />
        ) : error !== null ? (
          <>
            <h1 className={styles.heading}>{messages.shared.failedHeading}</h1>
            <Notice tone="danger">{explainError(error)}</Notice>
            {!(error instanceof Problem) && (
              <Button onClick={() => refetch()}>{messages.actions.tryAgain}</Button>
            )}
          </>
        ) : (
          loading
        )}
      </div>
    </main>
  );
}

interface FoundProps {
  readonly file: SharedFile;
  readonly link: ShareKey;
  readonly onDownloaded: () => void;
}

function Found({ file, link, onDownloaded }: FoundProps) {
  const { mutate: download, error, isPending, isSuccess } = useDownloadShared(broker, link, onDownloaded);
  const [isLookedAt, setLookedAt] = useState(false);
  const { shared } = messages;
  // where downloads are counted down, to look would be one
  const canBeLookedAt = !isLookedAt && file.downloads_left === null && previewKind(file) !== null;
  const readUrl = (signal: AbortSignal) =>
    broker.downloadShare({ ...link, disposition: "inline" }, { signal });
  return (
    <>
      {!isLookedAt && <KindTile name={file.name} type={file.type} />}
      <h1 className={styles.heading}>
        <FileName name={file.name} />
      </h1>
      <p className={styles.facts}>{[formatSize(file.size), ...describeLimits(file)].join(" · ")}</p>
      {isLookedAt && (
        <div className={styles.stage}>
          <Suspense fallback={<p role="status">{messages.session.loading}</p>}>
            <PreviewContent id={link.token} file={file} readUrl={readUrl} />
          </Suspense>
        </div>
      )}
      {error !== null && <Notice tone="danger">{explainError(error)}</Notice>}
      {canBeLookedAt && (
        <Button onClick={() => setLookedAt(true)}>
          <EyeIcon />
          {shared.preview}
        </Button>
      )}
      <Button
        variant="primary"
        aria-disabled={isPending}
        onClick={() => {
          if (!isPending) {
            download(undefined);
          }
        }}
      >
        <DownloadIcon />
        {shared.download}
      </Button>
      <p className={styles.facts} role="status">
        {isSuccess && shared.started}
      </p>
    </>
  );
}

interface UnlockProps {
  readonly isWrong: boolean;
  readonly isBusy: boolean;
  readonly onPassword: (password: string) => void;
}

function Unlock({ isWrong, isBusy, onPassword }: UnlockProps) {
  const { shared } = messages;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onPassword(String(new FormData(event.currentTarget).get("password")));
      }}
    >
      <span className={styles.lock}>
        <KeyIcon />
      </span>
      <h1 className={styles.heading}>{shared.locked}</h1>
      <label className={field.field}>
        <span className={field.label}>{messages.session.password}</span>
        <input
          className={field.input}
          name="password"
          type="password"
          autoComplete="off"
          maxLength={1000}
          required
        />
      </label>
      {isWrong && !isBusy && <Notice tone="danger">{shared.wrongPassword}</Notice>}
      <Button type="submit" variant="primary" aria-disabled={isBusy}>
        {shared.unlock}
      </Button>
    </form>
  );
}
