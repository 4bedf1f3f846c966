import type { ComponentType } from "react";
import {
  ArchiveIcon,
  AudioIcon,
  CodeIcon,
  FileIcon,
  ImageIcon,
  PdfIcon,
  SheetIcon,
  SlidesIcon,
  TextIcon,
  VideoIcon,
} from "./icons.tsx";
import styles from "./kind-tile.module.css";
import { type MediaKind, mediaKind } from "./media-kind.ts";
import { messages } from "./messages.ts";

const ICONS: Readonly<Record<MediaKind, ComponentType>> = {
  archive: ArchiveIcon,
  audio: AudioIcon,
  code: CodeIcon,
  image: ImageIcon,
  other: FileIcon,
  pdf: PdfIcon,
  sheet: SheetIcon,
  slides: SlidesIcon,
  text: TextIcon,
  video: VideoIcon,
};

/** Show what kind of file something is, at a glance. */
export function KindTile({ name, type }: { name: string; type: string }) {
  const kind = mediaKind({ name, type });
  const Icon = ICONS[kind];
  return (
    <span className={styles.tile} data-kind={kind} role="img" aria-label={messages.kinds[kind]}>
      <Icon />
    </span>
  );
}
