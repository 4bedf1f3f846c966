import { isActive, type ReceivingFolder, type ShareKey } from "@broker/client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ReceivingBroker } from "../features/shares/receiving-broker.ts";
import { SHARED_KEY } from "../features/shares/use-shared.ts";
import { announceUploads } from "../features/uploads/announce-uploads.ts";
import { DropOverlay } from "../features/uploads/drop-overlay.tsx";
import { FilePicker } from "../features/uploads/file-picker.tsx";
import { type Drop, groupByFolder, readFolders } from "../features/uploads/read-drop.ts";
import { UploadList } from "../features/uploads/upload-list.tsx";
import { useFileDrop } from "../features/uploads/use-file-drop.ts";
import { useUploads } from "../features/uploads/use-uploads.ts";
import { Announcer } from "../shared/announcer.ts";
import { explainError } from "../shared/explain-error.ts";
import { formatSize, formatUntil } from "../shared/format.ts";
import { LiveRegion } from "../shared/live-region.tsx";
import { messages } from "../shared/messages.ts";
import { Notice } from "../shared/notice.tsx";
import { OfflineBanner } from "../shared/offline-banner.tsx";
import { createQueue } from "./create-queue.ts";
import styles from "./receive-page.module.css";
import { useLeaveGuard } from "./use-leave-guard.ts";
import { usePageTitle } from "./use-page-title.ts";
import { useWakeLock } from "./use-wake-lock.ts";

interface ReceivePageProps {
  readonly link: ShareKey;
  readonly folder: ReceivingFolder;
}

function createSender(link: ShareKey) {
  const broker = new ReceivingBroker(link);
  return { broker, queue: createQueue(broker), announcer: new Announcer() };
}

/** Where somebody with a link sends files: nobody needs to be signed in. */
export function ReceivePage({ link, folder }: ReceivePageProps) {
  const queries = useQueryClient();
  const [{ broker, queue, announcer }] = useState(() => createSender(link));
  const [error, setError] = useState<unknown>(null);
  const [unreadable, setUnreadable] = useState<readonly string[]>([]);
  const uploads = useUploads(queue);
  const arrived = uploads.filter(({ state }) => state.status === "completed").length;

  const add = async (files: readonly File[], into = "") => {
    setError(null);
    try {
      await broker.begin();
    } catch (problem) {
      setError(problem);
      return;
    }
    queue.add(files, folder, { folder: into, policy: folder.policy });
  };
  const addPicked = async (files: readonly File[]) => {
    for (const group of groupByFolder(files)) {
      await add(group.files, group.folder);
    }
  };
  const addDropped = async ({ files, folders }: Drop) => {
    setUnreadable([]);
    if (files.length > 0) {
      await add(files);
    }
    for await (const group of readFolders(folders, (path) => setUnreadable((old) => [...old, path]))) {
      await add(group.files, group.folder);
    }
  };
  const canSend = !isFull(folder) || broker.hasBegun;
  const isOver = useFileDrop(addDropped, canSend);

  usePageTitle(uploads);
  useWakeLock(uploads.some((item) => isActive(item) && item.state.status !== "paused"));
  useLeaveGuard(uploads.some(isActive));
  useEffect(() => announceUploads(queue, announcer.announce), [queue, announcer]);
  useEffect(
    () =>
      queue.onSettled(() => {
        if (!queue.getSnapshot().some(isActive)) {
          void queries.invalidateQueries({ queryKey: SHARED_KEY }); // how much is left
        }
      }),
    [queue, queries],
  );

  return (
    <>
      <header className={styles.words}>
        <h1 className={styles.heading}>{folder.title || messages.receiving.heading}</h1>
        {folder.message !== "" && <p className={styles.message}>{folder.message}</p>}
        <p className={styles.facts}>{describe(folder)}</p>
      </header>
      <OfflineBanner />
      {error !== null && <Notice tone="danger">{explainError(error)}</Notice>}
      {unreadable[0] !== undefined && (
        <Notice tone="danger">{messages.uploads.unreadable(unreadable[0], unreadable.length)}</Notice>
      )}
      {canSend ? (
        <FilePicker
          Heading="h2"
          limits={{ ...folder, max_size: mostOf(folder) }}
          folder=""
          onPick={addPicked}
        />
      ) : (
        <Notice tone="info">{messages.receiving.full}</Notice>
      )}
      <UploadList items={uploads} queue={queue} />
      {arrived > 0 && arrived === uploads.length && (
        <p className={styles.arrived}>{messages.receiving.arrived(arrived)}</p>
      )}
      <LiveRegion announcer={announcer} />
      {isOver && <DropOverlay folder={canSend ? "" : null} />}
    </>
  );
}

function isFull({ files_left, bytes_left }: ReceivingFolder): boolean {
  return files_left === 0 || bytes_left === 0;
}

function mostOf({ max_size, bytes_left }: ReceivingFolder): number {
  return Math.min(max_size, bytes_left ?? max_size);
}

function describe({ files_left, bytes_left, expires_at, types, extensions }: ReceivingFolder): string {
  const { receiving, shared } = messages;
  const kinds = extensions.length > 0 ? extensions : types;
  return [
    kinds.length > 0 ? receiving.takes(kinds.join(", ")) : "",
    files_left === null ? "" : receiving.filesLeft(files_left),
    bytes_left === null ? "" : receiving.bytesLeft(formatSize(bytes_left)),
    shared.until(formatUntil(expires_at, { now: new Date() })),
  ]
    .filter(Boolean)
    .join(" · ");
}
