import { useState } from "react";
import field from "../../shared/field.module.css";
import { FileName } from "../../shared/file-name.tsx";
import { IconTile } from "../../shared/icon-tile.tsx";
import { FolderIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import { LinkDialog, type LinkWishes } from "./link-dialog.tsx";
import { NumberField } from "./number-field.tsx";
import styles from "./share-folder-dialog.module.css";

const WAYS = ["download", "receive"] as const;
const GIGABYTE = 1e9;

interface ShareFolderDialogProps {
  readonly broker: PageBroker;
  /** Its path. */
  readonly folder: string;
  readonly onClose: () => void;
}

/** Makes a link to a folder: for others to fetch what is in it, or to send files into it. */
export function ShareFolderDialog({ broker, folder, onClose }: ShareFolderDialogProps) {
  const [way, setWay] = useState<(typeof WAYS)[number]>("download");
  const [limit, setLimit] = useState("");
  const [title, setTitle] = useState("");
  const [message, setMessage] = useState("");
  const [maxFiles, setMaxFiles] = useState("");
  const [gigabytes, setGigabytes] = useState("");
  const { sharing } = messages;

  const make = (wishes: LinkWishes, options: { signal: AbortSignal }) =>
    way === "download"
      ? broker.shareFolder(
          { path: folder, ...wishes, ...(limit === "" ? {} : { max_downloads: Number(limit) }) },
          options,
        )
      : broker.receiveIntoFolder(
          {
            path: folder,
            ...wishes,
            title,
            message,
            ...(maxFiles === "" ? {} : { max_files: Number(maxFiles) }),
            ...(gigabytes === "" ? {} : { max_bytes: Math.round(Number(gigabytes) * GIGABYTE) }),
          },
          options,
        );

  return (
    <LinkDialog
      subject={
        <>
          <IconTile icon={FolderIcon} label={messages.files.folder} />
          <FileName name={folder.slice(folder.lastIndexOf("/") + 1)} />
        </>
      }
      make={make}
      onClose={onClose}
      before={
        <>
          <fieldset className={styles.ways}>
            <legend className={styles.legend}>{sharing.ways}</legend>
            {WAYS.map((each) => (
              <label key={each} className={styles.way}>
                <input
                  type="radio"
                  name="way"
                  className={styles.radio}
                  checked={way === each}
                  onChange={() => setWay(each)}
                />
                {sharing[each]}
              </label>
            ))}
          </fieldset>
          <p className={styles.hint}>{way === "download" ? sharing.downloadHint : sharing.receiveHint}</p>
          {way === "receive" && (
            <>
              <label className={field.field}>
                <span className={field.label}>{sharing.title}</span>
                <input
                  className={field.input}
                  maxLength={200}
                  placeholder={sharing.titleHint}
                  value={title}
                  onChange={({ currentTarget }) => setTitle(currentTarget.value)}
                />
              </label>
              <label className={field.field}>
                <span className={field.label}>{sharing.message}</span>
                <textarea
                  className={`${field.input} ${styles.message}`}
                  maxLength={2000}
                  rows={2}
                  value={message}
                  onChange={({ currentTarget }) => setMessage(currentTarget.value)}
                />
              </label>
            </>
          )}
        </>
      }
    >
      {way === "download" ? (
        <NumberField label={sharing.limit} value={limit} onChange={setLimit} max={1_000_000} />
      ) : (
        <>
          <NumberField label={sharing.maxFiles} value={maxFiles} onChange={setMaxFiles} max={1_000_000} />
          <NumberField
            label={sharing.maxSize}
            value={gigabytes}
            onChange={setGigabytes}
            max={1_000_000}
            step={0.001}
          />
        </>
      )}
    </LinkDialog>
  );
}
