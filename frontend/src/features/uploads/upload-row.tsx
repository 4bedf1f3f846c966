import {
  isActive,
  isCollision,
  isPausable,
  progressOf,
  type UploadItem,
  type UploadQueue,
  type UploadState,
} from "@broker/client";
import { memo, useRef } from "react";
import { Button, IconButton } from "../../shared/button.tsx";
import { FileName } from "../../shared/file-name.tsx";
import { formatPercent } from "../../shared/format.ts";
import { BangIcon, CheckIcon, CrossIcon, PauseIcon, PlayIcon, RetryIcon } from "../../shared/icons.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import { ProgressBar } from "../../shared/progress-bar.tsx";
import { describeUpload } from "./describe-upload.ts";
import styles from "./upload-row.module.css";

interface UploadRowProps {
  readonly item: UploadItem;
  readonly queue: UploadQueue;
  /** Called when the row takes itself off the list, so that the focus finds another place. */
  readonly onRemove: (id: number) => void;
}

export const UploadRow = memo(function UploadRow({ item, queue, onRemove }: UploadRowProps) {
  const { id, name, state } = item;
  const { uploads } = messages;
  const cross = useRef<HTMLButtonElement>(null);
  const active = isActive(item);
  const hasNumber = isMeasurable(item);

  const retry = () => {
    cross.current?.focus(); // this button is about to go
    queue.retry(id);
  };

  return (
    <div className={styles.row} data-upload={id} data-status={state.status}>
      <span className={styles.tile}>
        <KindTile name={name} type={item.type} />
        <Badge status={state.status} />
      </span>
      <div className={styles.words}>
        <div className={styles.name}>
          <FileName name={name} />
        </div>
        <div className={styles.status}>
          <span>{describeUpload(item)}</span>
          {hasNumber && <span className={styles.percent}>{formatPercent(progressOf(item))}</span>}
        </div>
        {active && state.status !== "queued" && (
          <ProgressBar
            label={uploads.progressOf(name)}
            fraction={hasNumber ? progressOf(item) : null}
            tone={state.status === "sending" || state.status === "confirming" ? "accent" : "neutral"}
          />
        )}
      </div>
      {state.status === "cancelled" || (state.status === "failed" && state.canRetry && !isCollision(item)) ? (
        <Button size="small" aria-label={uploads.retryOf(name)} onClick={retry}>
          <RetryIcon />
          <span className={styles.word}>{uploads.retry}</span>
        </Button>
      ) : null}
      {isLong(item) && isPausable(item) && (
        <IconButton label={uploads.pause(name)} onClick={() => queue.pause(id)}>
          <PauseIcon />
        </IconButton>
      )}
      {state.status === "paused" && (
        <IconButton label={uploads.resume(name)} onClick={() => queue.resume(id)}>
          <PlayIcon />
        </IconButton>
      )}
      <IconButton
        ref={cross}
        label={active ? uploads.cancel(name) : uploads.remove(name)}
        onClick={() => (active ? void queue.cancel(id) : onRemove(id))}
      >
        <CrossIcon />
      </IconButton>
    </div>
  );
});

/** Once all is handed over, or nothing moves, no number would be true. */
function isMeasurable({ size, state }: UploadItem): boolean {
  return (
    state.status === "checking" ||
    state.status === "paused" ||
    (state.status === "sending" && state.bytes < size)
  );
}

/** What is sent in a moment need not be paused by itself. */
function isLong({ size }: UploadItem): boolean {
  return size > 1_000_000;
}

function Badge({ status }: { status: UploadState["status"] }) {
  if (status !== "completed" && status !== "failed") {
    return null;
  }
  return (
    <span className={styles.badge} data-status={status}>
      {status === "completed" ? <CheckIcon /> : <BangIcon />}
    </span>
  );
}
