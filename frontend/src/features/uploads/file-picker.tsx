import type { SourceRules } from "@broker/client";
import { type ChangeEvent, useRef } from "react";
import { Button } from "../../shared/button.tsx";
import { formatSize } from "../../shared/format.ts";
import { UploadIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./file-picker.module.css";

interface FilePickerProps {
  /** What may be uploaded; null while it is not known. */
  readonly limits: SourceRules | null;
  /** The folder that is shown, where files go; empty for the top. */
  readonly folder: string;
  readonly onPick: (files: readonly File[]) => void;
  readonly Heading?: "h1" | "h2";
}

/** Says that files can be dropped, where that can be done, and opens the browser's own dialog to choose some. */
export function FilePicker({ limits, folder, onPick, Heading = "h1" }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const { picker } = messages;
  const kinds = limits === null ? [] : limits.extensions.length > 0 ? limits.extensions : limits.types;

  const take = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    onPick([...(currentTarget.files ?? [])]);
    currentTarget.value = ""; // so that the same file can be chosen again
  };

  return (
    <section className={styles.picker} aria-labelledby="picker-heading">
      <span className={styles.icon}>
        <UploadIcon />
      </span>
      <div className={styles.words}>
        <Heading id="picker-heading" className={styles.heading}>
          <span className={styles.byHand}>{picker.heading}</span>
          <span className={styles.byFinger}>{picker.headingOnPhone}</span>
        </Heading>
        <p className={styles.hint}>
          {folder === "" ? picker.lead : picker.into(folder)}{" "}
          {limits !== null && (
            <>
              <span className={styles.limit}>{picker.limit(formatSize(limits.max_size))}</span>{" "}
              {kinds.length > 0 && picker.only(kinds)}
            </>
          )}
        </p>
      </div>
      <span className={styles.camera}>
        <Button onClick={() => camera.current?.click()}>{picker.camera}</Button>
      </span>
      <Button onClick={() => folderInput.current?.click()}>{picker.chooseFolder}</Button>
      <Button variant="primary" onClick={() => input.current?.click()}>
        {picker.choose}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={kinds.join(",")}
        aria-label={picker.choose}
        onChange={take}
      />
      <input
        ref={camera}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        aria-label={picker.camera}
        onChange={take}
      />
      <input
        ref={folderInput}
        type="file"
        {...{ webkitdirectory: "" }} // of which React's types know nothing
        hidden
        aria-label={picker.chooseFolder}
        onChange={take}
      />
    </section>
  );
}
