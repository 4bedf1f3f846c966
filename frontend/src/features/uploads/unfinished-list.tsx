import { isActive, type PendingUpload, type UploadItem } from "@broker/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { Button, IconButton } from "../../shared/button.tsx";
import card from "../../shared/card.module.css";
import { explainError } from "../../shared/explain-error.ts";
import { FileName } from "../../shared/file-name.tsx";
import { formatSize, formatUntil } from "../../shared/format.ts";
import { CrossIcon } from "../../shared/icons.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import row from "../../shared/list-row.module.css";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import type { Toaster } from "../../shared/toaster.ts";
import { findHandle, forgetHandle, openHandle } from "./file-handles.ts";
import styles from "./unfinished-list.module.css";

const PATIENCE_MS = 30_000;
export const PENDING_KEY = ["pending"] as const;

interface UnfinishedListProps {
  readonly broker: PageBroker;
  readonly toaster: Toaster;
  /** What this page is sending: it is not shown twice. */
  readonly items: readonly UploadItem[];
  readonly onResume: (file: File, upload: PendingUpload) => void;
}

/** Uploads that were begun and not finished, here or on another device: to go on with, or to give up. */
export function UnfinishedList({ broker, toaster, items, onResume }: UnfinishedListProps) {
  const queries = useQueryClient();
  const { unfinished } = messages;
  const { data } = useQuery({
    queryKey: PENDING_KEY,
    queryFn: async ({ signal }) => (await broker.listPending({ signal })).items,
  });
  const discarding = useMutation<void, Error, PendingUpload>({
    mutationFn: ({ id }) => broker.abortUpload(id, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    onError: (error) => toaster.fail(explainError(error)),
    onSuccess: (_, upload) => {
      void forgetHandle(upload);
      toaster.show(unfinished.discarded(upload.name));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: PENDING_KEY }),
  });

  const uploads = (data ?? []).filter(
    (upload) => upload.method === "multipart" && !items.some((item) => isActive(item) && isOf(item, upload)),
  );
  if (uploads.length === 0) {
    return null;
  }
  return (
    <section className={card.card} aria-labelledby="unfinished-heading">
      <header className={card.header}>
        <h2 id="unfinished-heading" className={card.heading}>
          {unfinished.heading}
        </h2>
        <span className={card.aside}>{unfinished.lead}</span>
      </header>
      <ul className={card.rows}>
        {uploads.map((upload) => (
          <li key={upload.id} className={`${row.row} ${styles.row}`}>
            <KindTile name={upload.name} type={upload.type} />
            <div className={`${row.facts} ${styles.facts}`}>
              <div className={row.name}>
                <FileName name={upload.name} />
              </div>
              <span className={row.detail}>
                {unfinished.until(
                  formatSize(upload.size),
                  formatUntil(upload.expires_at, { now: new Date() }),
                )}
              </span>
            </div>
            <Resume upload={upload} toaster={toaster} onResume={onResume} />
            <IconButton label={unfinished.discard(upload.name)} onClick={() => discarding.mutate(upload)}>
              <CrossIcon />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ResumeProps extends Pick<UnfinishedListProps, "toaster" | "onResume"> {
  readonly upload: PendingUpload;
}

/**
 * Reads the file where it was, or asks for it again, and takes no other: the bytes that are stored are compared too,
 * when it goes on.
 */
function Resume({ upload, toaster, onResume }: ResumeProps) {
  const input = useRef<HTMLInputElement>(null);
  const { unfinished } = messages;
  const { data: handle } = useQuery({
    queryKey: ["handle", upload.id],
    queryFn: () => findHandle(upload),
    networkMode: "always",
  });

  const resume = async () => {
    const file = handle ? await openHandle(handle, upload) : null;
    if (file === null) {
      input.current?.click();
    } else {
      onResume(file, upload);
    }
  };
  return (
    <>
      <Button size="small" aria-label={unfinished.resumeOf(upload.name)} onClick={resume}>
        {unfinished.resume}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={unfinished.chooseAgain(upload.name)}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = "";
          if (file === undefined) {
            return;
          }
          if (file.name === upload.name && file.size === upload.size) {
            onResume(file, upload);
          } else {
            toaster.fail(unfinished.another(upload.name, formatSize(upload.size)));
          }
        }}
      />
    </>
  );
}

function isOf(item: UploadItem, upload: PendingUpload): boolean {
  return item.name === upload.name && item.size === upload.size && item.folder === upload.folder;
}
