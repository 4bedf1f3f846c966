import type { PresignedRequest, StoredFile } from "@broker/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { explainError } from "../../shared/explain-error.ts";
import { formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";
import { MediaPlayer } from "./media-player.tsx";
import styles from "./preview-content.module.css";
import { previewKind } from "./preview-kind.ts";

/** Longer texts are cut: nobody reads more here. */
const TEXT_BYTES = 512 * 1024;

interface PreviewContentProps {
  /** What tells this file from others that are looked at. */
  readonly id: string;
  readonly file: Pick<StoredFile, "name" | "type" | "size">;
  readonly autoPlay?: boolean;
  /** Return where the file is and until when, for the browser to show it in place. */
  readonly readUrl: (signal: AbortSignal) => Promise<Pick<PresignedRequest, "url" | "expires_at">>;
}

/** What is in a file whose kind can be looked at, straight from the store. */
export function PreviewContent({ id, file, autoPlay = false, readUrl }: PreviewContentProps) {
  const kind = previewKind(file);
  const [hasFailed, setFailed] = useState(false);
  const fail = () => setFailed(true);
  const { preview } = messages;
  const { data, error, refetch } = useQuery({
    queryKey: ["preview", id],
    queryFn: async ({ signal }) => {
      const { url, expires_at } = await readUrl(signal);
      return { url, expires_at, text: kind === "text" ? await readText(url, signal) : "" };
    },
    staleTime: "static", // another URL of the same bytes would begin a film anew
    gcTime: 0,
  });

  if (hasFailed) {
    return <p role="alert">{preview.failed}</p>;
  }
  if (error !== null) {
    return <p role="alert">{explainError(error)}</p>;
  }
  if (data === undefined) {
    return <p role="status">{messages.session.loading}</p>;
  }
  switch (kind) {
    case "image":
      return <img className={styles.image} src={data.url} alt={file.name} onError={fail} />;
    case "video":
    case "audio":
      return (
        <MediaPlayer
          kind={kind}
          url={data.url}
          expiresAt={Date.parse(data.expires_at)}
          autoPlay={autoPlay}
          onExpired={refetch}
          onFailed={fail}
        />
      );
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
    case null:
      return null;
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
