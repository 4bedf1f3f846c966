import type { Broker, StoredFile } from "@broker/client";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type SyntheticEvent, useLayoutEffect, useRef } from "react";
import { Button, IconButton } from "../../shared/button.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { FileName } from "../../shared/file-name.tsx";
import { formatSize } from "../../shared/format.ts";
import { BackIcon, CrossIcon, DownloadIcon, NextIcon } from "../../shared/icons.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./preview.module.css";
import { previewKind } from "./preview-kind.ts";

/** Longer texts are cut: nobody reads more here. */
const TEXT_BYTES = 512 * 1024;

interface PreviewProps {
  readonly broker: Broker;
  readonly file: StoredFile;
  readonly previous: StoredFile | undefined;
  readonly next: StoredFile | undefined;
  readonly onShow: (file: StoredFile) => void;
  readonly onDownload: (file: StoredFile) => void;
  readonly onClose: () => void;
}

/** Shows a file over the whole window, straight from the store. */
export function Preview({ broker, file, previous, next, onShow, onDownload, onClose }: PreviewProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { preview } = messages;

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  const turn = (event: KeyboardEvent) => {
    const target = { ArrowLeft: previous, ArrowRight: next }[event.key];
    const isPlaying = event.target instanceof HTMLMediaElement;
    if (target !== undefined && !isPlaying) {
      onShow(target);
    }
  };
  const cancel = (event: SyntheticEvent) => {
    event.preventDefault();
    onClose();
  };

  return (
    <dialog
      ref={dialog}
      className={styles.preview}
      aria-label={preview.of(file.name)}
      onCancel={cancel}
      onClose={onClose}
      onKeyDown={turn}
    >
      <header className={styles.header}>
        <IconButton label={messages.actions.close} onClick={onClose}>
          <CrossIcon />
        </IconButton>
        <h2 className={styles.name}>
          <FileName name={file.name} />
        </h2>
        <span className={styles.size}>{formatSize(file.size)}</span>
        <IconButton label={messages.files.download(file.name)} onClick={() => onDownload(file)}>
          <DownloadIcon />
        </IconButton>
      </header>
      <div className={styles.stage}>
        <Content key={file.id} broker={broker} file={file} onDownload={onDownload} />
      </div>
      {previous !== undefined && (
        <span className={styles.previous}>
          <IconButton label={preview.previous} onClick={() => onShow(previous)}>
            <BackIcon />
          </IconButton>
        </span>
      )}
      {next !== undefined && (
        <span className={styles.next}>
          <IconButton label={preview.next} onClick={() => onShow(next)}>
            <NextIcon />
          </IconButton>
        </span>
      )}
    </dialog>
  );
}

interface ContentProps {
  readonly broker: Broker;
  readonly file: StoredFile;
  readonly onDownload: (file: StoredFile) => void;
}

function Content({ broker, file, onDownload }: ContentProps) {
  const kind = previewKind(file);
  const { preview } = messages;
  const { data, error } = useQuery({
    queryKey: ["preview", file.id],
    queryFn: async ({ signal }) => {
      const { url } = await broker.downloadFile(file.id, { disposition: "inline" }, { signal });
      return { url, text: kind === "text" ? await readText(url, signal) : "" };
    },
    enabled: kind !== null,
    staleTime: 60_000, // less than a URL lives
    gcTime: 0,
    refetchOnWindowFocus: false,
  });

  if (kind === null) {
    return (
      <div className={styles.none}>
        <KindTile name={file.name} type={file.type} />
        <p>{preview.none}</p>
        <Button variant="primary" onClick={() => onDownload(file)}>
          {messages.files.menu.download}
        </Button>
      </div>
    );
  }
  if (error !== null) {
    return <p role="alert">{explainError(error)}</p>;
  }
  if (data === undefined) {
    return <p role="status">{messages.session.loading}</p>;
  }
  switch (kind) {
    case "image":
      return <img className={styles.image} src={data.url} alt={file.name} />;
    case "video":
      // biome-ignore lint/a11y/useMediaCaption: people's own films have none
      return <video className={styles.image} src={data.url} controls autoPlay />;
    case "audio":
      // biome-ignore lint/a11y/useMediaCaption: people's own recordings have none
      return <audio className={styles.audio} src={data.url} controls autoPlay />;
    case "pdf":
      // the store is another origin than this page; a sandbox would keep the browser's own viewer out
      return <iframe className={styles.document} src={data.url} title={file.name} />;
    case "text":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too
        <pre className={styles.text} tabIndex={0}>
          {data.text}
          {file.size > TEXT_BYTES && <em className={styles.cut}>{preview.cut(formatSize(TEXT_BYTES))}</em>}
        </pre>
      );
  }
}

async function readText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    headers: { range: `bytes=0-${TEXT_BYTES - 1}` },
    referrerPolicy: "no-referrer",
    credentials: "omit",
    signal,
  });
  if (response.status === 416) {
    return ""; // an empty file has no first byte
  }
  if (!response.ok) {
    throw new Error(`The store answered ${response.status}`);
  }
  return await response.text();
}
