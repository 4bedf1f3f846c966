import type { StoredFile } from "@broker/client";
import { type KeyboardEvent, type SyntheticEvent, useLayoutEffect, useRef } from "react";
import { Button, IconButton } from "../../shared/button.tsx";
import { FileName } from "../../shared/file-name.tsx";
import { formatSize } from "../../shared/format.ts";
import { BackIcon, CrossIcon, DownloadIcon, NextIcon } from "../../shared/icons.tsx";
import { isPlainKey } from "../../shared/is-plain-key.ts";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import styles from "./preview.module.css";
import { PreviewContent } from "./preview-content.tsx";
import { previewKind } from "./preview-kind.ts";

interface PreviewProps {
  readonly broker: PageBroker;
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
    if (target !== undefined && !isPlaying && isPlainKey(event)) {
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
        {previewKind(file) === null ? (
          <div className={styles.none}>
            <KindTile name={file.name} type={file.type} />
            <p>{preview.none}</p>
            <Button variant="primary" onClick={() => onDownload(file)}>
              {messages.files.menu.download}
            </Button>
          </div>
        ) : (
          <PreviewContent
            key={file.id}
            id={file.id}
            file={file}
            autoPlay
            readUrl={(signal) => broker.downloadFile(file.id, { disposition: "inline" }, { signal })}
          />
        )}
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
