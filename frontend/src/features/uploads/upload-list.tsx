import {
  batchProgress,
  isActive,
  isCollision,
  isRetryable,
  type UploadItem,
  type UploadQueue,
} from "@broker/client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useRef } from "react";
import { Button } from "../../shared/button.tsx";
import card from "../../shared/card.module.css";
import { CollisionNotice } from "../../shared/collision-notice.tsx";
import { formatPercent, formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";
import { ProgressBar } from "../../shared/progress-bar.tsx";
import styles from "./upload-list.module.css";
import { UploadRow } from "./upload-row.tsx";
import { useFollowActive } from "./use-follow-active.ts";

/** As a row is on a wide page; each is measured when it is shown. */
const ROW_HEIGHT = 60;

/** What was chosen in this page, and how far each of it is. */
export function UploadList({ items, queue }: { items: readonly UploadItem[]; queue: UploadQueue }) {
  const { uploads } = messages;
  const heading = useRef<HTMLHeadingElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const progress = batchProgress(items);
  const canClear = items.some(({ state }) => state.status === "completed" || state.status === "cancelled");

  const canRetry = items.filter(
    (item) => item.state.status === "failed" && isRetryable(item) && !isCollision(item),
  ).length;
  const taken = items.filter(isCollision).map(({ name }) => name);
  const isPaused = items.every((item) => !isActive(item) || item.state.status === "paused");
  const speed = describeSpeed(queue.speed, progress.bytesLeft);

  const sorted = latestFirst(items);
  const rows = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => list.current,
    getItemKey: (index) => sorted[index]?.id ?? index,
    estimateSize: () => ROW_HEIGHT,
    overscan: 4,
  });
  const shown = rows.getVirtualItems();
  useFollowActive(list, {
    active: sorted.findIndex(isActive),
    batch: sorted[0]?.batch ?? 0,
    scrollTo: (index) => rows.scrollToIndex(index, { align: "start" }),
  });

  const remove = useCallback(
    (id: number) => {
      heading.current?.focus();
      void queue.remove(id);
    },
    [queue],
  );

  if (items.length === 0) {
    return null;
  }
  return (
    <section className={card.card} aria-labelledby="uploads-heading">
      <header className={card.header}>
        <h2 id="uploads-heading" ref={heading} tabIndex={-1} className={card.heading}>
          {uploads.heading}
        </h2>
        <span className={card.aside}>{summarise(progress)}</span>
        <span className={styles.spring} />
        {canRetry > 1 && (
          <Button variant="quiet" size="small" onClick={queue.retryAll}>
            {uploads.retryAll}
          </Button>
        )}
        {progress.active > 1 && (
          <>
            <Button variant="quiet" size="small" onClick={isPaused ? queue.resumeAll : queue.pauseAll}>
              {isPaused ? uploads.resumeAll : uploads.pauseAll}
            </Button>
            <Button
              variant="quiet"
              size="small"
              onClick={() => {
                heading.current?.focus();
                void queue.cancelAll();
              }}
            >
              {uploads.cancelAll}
            </Button>
          </>
        )}
        {canClear && (
          <Button
            variant="quiet"
            size="small"
            aria-label={uploads.clearFinished}
            onClick={() => {
              heading.current?.focus();
              queue.removeSettled();
            }}
          >
            {uploads.clear}
          </Button>
        )}
      </header>
      {taken.length > 0 && (
        <div className={styles.notice}>
          <CollisionNotice
            names={taken}
            onSettle={(collision) => {
              heading.current?.focus();
              queue.settleCollisions(collision);
            }}
            onSkip={() => {
              heading.current?.focus();
              queue.skipCollisions();
            }}
          />
        </div>
      )}
      {progress.active > 0 && progress.total > 1 && (
        <div className={styles.total}>
          <ProgressBar label={uploads.total} fraction={progress.fraction} />
          <span className={styles.percent}>{formatPercent(progress.fraction)}</span>
        </div>
      )}
      {speed !== null && <p className={styles.speed}>{speed}</p>}
      <div ref={list} className={`${card.rows} ${styles.rows}`}>
        <ul className={styles.list} style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start, key }) => {
            const item = sorted[index];
            return (
              item && (
                <li
                  key={key}
                  ref={rows.measureElement}
                  className={styles.place}
                  style={{ transform: `translateY(${start}px)` }}
                  data-index={index}
                  aria-setsize={sorted.length}
                  aria-posinset={index + 1}
                >
                  <UploadRow item={item} queue={queue} onRemove={remove} />
                </li>
              )
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function describeSpeed(perSecond: number | null, bytesLeft: number): string | null {
  const { uploads } = messages;
  if (perSecond === null || perSecond < 1 || bytesLeft === 0) {
    return null;
  }
  return uploads.speed(formatSize(Math.round(perSecond)), uploads.timeLeft(bytesLeft / perSecond));
}

/** The batch that was added last comes first; within it stands what is sent first. */
function latestFirst(items: readonly UploadItem[]): readonly UploadItem[] {
  return items.toSorted((a, b) => b.batch - a.batch || a.id - b.id);
}

function summarise({ active, completed, failed, total }: ReturnType<typeof batchProgress>): string {
  const { summary } = messages.uploads;
  if (active > 0) {
    return summary.sending(completed + failed, total);
  }
  return [completed > 0 ? summary.done(completed) : "", failed > 0 ? summary.failed(failed) : ""]
    .filter((part) => part !== "")
    .join(", ");
}
