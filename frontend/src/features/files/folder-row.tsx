import { memo } from "react";
import { FileName } from "../../shared/file-name.tsx";
import { IconTile } from "../../shared/icon-tile.tsx";
import { FolderIcon, LinkIcon, MoveIcon, PencilIcon, TrashIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import { nameOf } from "./filing.ts";
import type { Renaming } from "./name-field.tsx";
import styles from "./row.module.css";
import { Row } from "./row.tsx";
import { folderKey } from "./selection.ts";

export interface FolderActions {
  readonly share: (path: string) => void;
  readonly rename: (path: string) => void;
  readonly move: (path: string) => void;
  readonly trash: (path: string) => void;
}

interface FolderRowProps {
  readonly path: string;
  /** Where a click leads. */
  readonly address: string;
  readonly actions: FolderActions;
  readonly isChosen: boolean;
  readonly renaming: Renaming | null;
  readonly onChoose: (key: string, isRange: boolean) => void;
}

export const FolderRow = memo(function FolderRow({
  path,
  address,
  actions,
  isChosen,
  renaming,
  onChoose,
}: FolderRowProps) {
  const { menu } = messages.files;
  return (
    <Row
      rowKey={folderKey(path)}
      name={nameOf(path)}
      tile={<IconTile icon={FolderIcon} label={messages.files.folder} />}
      opener={
        <a className={styles.open} draggable={false} data-opener href={address}>
          <FileName name={nameOf(path)} />
        </a>
      }
      facts={null}
      isChosen={isChosen}
      renaming={renaming}
      onChoose={onChoose}
      menu={[
        { label: menu.share, icon: LinkIcon, onSelect: () => actions.share(path) },
        { label: menu.rename, icon: PencilIcon, onSelect: () => actions.rename(path) },
        { label: menu.move, icon: MoveIcon, onSelect: () => actions.move(path) },
        { label: menu.trash, icon: TrashIcon, tone: "danger", onSelect: () => actions.trash(path) },
      ]}
    />
  );
});
