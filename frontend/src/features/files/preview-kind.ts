import type { StoredFile } from "@broker/client";
import { mediaKind } from "../../shared/media-kind.ts";

/** How a file can be looked at; null when it cannot. */
export type PreviewKind = "image" | "video" | "audio" | "pdf" | "text" | null;

/** What the broker lets the store show in place; anything else comes as an attachment. */
const SHOWN_IMAGE = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

export function previewKind(file: Pick<StoredFile, "name" | "type">): PreviewKind {
  const kind = mediaKind(file);
  if (SHOWN_IMAGE.test(file.type)) {
    return "image";
  }
  if (/^(video|audio)\//.test(file.type)) {
    return file.type.startsWith("video") ? "video" : "audio";
  }
  if (file.type === "application/pdf") {
    return "pdf";
  }
  return kind === "text" || kind === "code" || file.type === "text/csv" ? "text" : null;
}
