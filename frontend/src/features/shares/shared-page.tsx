import { Broker, Problem, probeObject, type SharedFile } from "@broker/client";
import { useState } from "react";
import { Button } from "../../shared/button.tsx";
import { explainError } from "../../shared/explain-error.ts";
import field from "../../shared/field.module.css";
import { FileName } from "../../shared/file-name.tsx";
import { followDownload } from "../../shared/follow-download.ts";
import { formatSize, formatWhen } from "../../shared/format.ts";
import { DownloadIcon, KeyIcon } from "../../shared/icons.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import styles from "./shared-page.module.css";
import { useSharedFile } from "./use-shared-file.ts";

const PATIENCE_MS = 30_000;

const broker = new Broker({ token: () => null });

/** What somebody sees who has a link: the file's name and size, and a button that fetches it. */
export function SharedPage({ token }: { token: string }) {
  const [password, setPassword] = useState<string | null>(null);
  const opening = { token, ...(password === null ? {} : { password }) };
  const query = useSharedFile(broker, opening);
  const isLocked = query.error instanceof Problem && query.error.slug === "share-locked";

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        {query.data !== undefined ? (
          <Found file={query.data} opening={opening} onDownloaded={() => query.refetch()} />
        ) : isLocked ? (
          <Unlock isWrong={password !== null} isBusy={query.isFetching} onPassword={setPassword} />
        ) : query.error !== null ? (
          <>
            <h1 className={styles.heading}>{messages.shared.failedHeading}</h1>
            <Notice tone="danger">{explainError(query.error)}</Notice>
            {!(query.error instanceof Problem) && (
              <Button onClick={() => query.refetch()}>{messages.actions.tryAgain}</Button>
            )}
          </>
        ) : (
          <p role="status">{messages.session.loading}</p>
        )}
      </div>
    </main>
  );
}

interface FoundProps {
  readonly file: SharedFile;
  readonly opening: { readonly token: string; readonly password?: string };
  readonly onDownloaded: () => void;
}

function Found({ file, opening, onDownloaded }: FoundProps) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [isStarted, setStarted] = useState(false);
  const { shared } = messages;

  const download = async () => {
    if (isBusy) {
      return;
    }
    setBusy(true);
    setError(null);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      const request = await broker.downloadShare({ ...opening, disposition: "attachment" }, { signal });
      await probeObject(request, { signal });
      followDownload(request.url);
      setStarted(true);
      onDownloaded();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };

  return (
    <>
      <KindTile name={file.name} type={file.type} />
      <h1 className={styles.heading}>
        <FileName name={file.name} />
      </h1>
      <p className={styles.facts}>
        {[
          formatSize(file.size),
          shared.until(formatWhen(file.expires_at, { now: new Date() })),
          file.downloads_left === null ? "" : shared.left(file.downloads_left),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {error !== null && <Notice tone="danger">{explainError(error)}</Notice>}
      <Button variant="primary" aria-disabled={isBusy} onClick={download}>
        <DownloadIcon />
        {shared.download}
      </Button>
      <p className={styles.facts} role="status">
        {isStarted && shared.started}
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
